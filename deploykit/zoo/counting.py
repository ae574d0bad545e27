"""How many parameters a network has as it is deployed. Imports torch: for jobs and tests."""

from __future__ import annotations

from torch import nn

from deploykit.capture.sources import load_source
from deploykit.prepare.passes import own
from deploykit.zoo.entry import ZooEntry


def count_parameters(entry: ZooEntry) -> int:
    """Of the network after its own reparameterisation, in numbers that training moves (no running statistics).

    Raises:
        EntryError: if the factory fails.
    """
    source = load_source(entry.project.spec.model.entry, entry.project.root)
    return sum(parameter.numel() for parameter in deployed(source.module).parameters())


def deployed(network: nn.Module) -> nn.Module:
    """The network in eval mode, its branches of training folded by its own methods."""
    root = nn.Module()
    root.network = network.eval()
    if found := own.with_methods(root, ()):
        own.call_methods(root, found)
    assert isinstance(root.network, nn.Module)
    return root.network
