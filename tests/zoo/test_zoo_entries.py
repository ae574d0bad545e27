"""Every entry of the zoo: its contract fits its network, and the network is as large as its paper says."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from deploykit.capture.export import check_meanings, check_states
from deploykit.capture.sources import load_source
from deploykit.prepare.deployable import by_name
from deploykit.work.capture import zeros_of
from deploykit.zoo.catalogue import files
from deploykit.zoo.counting import deployed
from deploykit.zoo.entry import read_entry

CLOSE = 0.02
"""Share of the paper's parameters that an entry may differ by without saying why."""


@pytest.fixture(params=sorted(files()))
def file(request: pytest.FixtureRequest) -> Path:
    return files()[request.param]


def test_its_name_hides_no_module(file: Path) -> None:
    # Its folder is on the path while it is loaded.
    assert importlib.util.find_spec(file.stem) is None


def test_the_network_is_that_of_its_contract_and_paper(file: Path) -> None:
    entry = read_entry(file)
    assert entry.summary.endswith("."), "the docstring's first line is a sentence"
    assert entry.project.spec.model.license, "whose implementation it is decides what may be done with it"
    if entry.missing():
        assert set(entry.missing()) <= NOT_HERE, (
            "the dev extra has what the zoo needs, as far as it can be had together"
        )
        return
    source = load_source(entry.project.spec.model.entry, entry.project.root)
    network = deployed(source.module)
    contract = entry.project.contract
    given = dict(zip(contract.inputs, zeros_of(contract), strict=True))
    outputs = by_name(shapes(network, given), tuple(contract.outputs))
    check_meanings(contract, outputs)
    check_states(contract, given, outputs)
    said, here = entry.paper.parameters, sum(parameter.numel() for parameter in network.parameters())
    if said is not None and abs(here - said) > CLOSE * said:
        assert entry.listing.difference, f"{here:,} parameters, the paper has {said:,}; [zoo] difference has to say why"


NOT_HERE: set[str] = set()
"""Packages that cannot be installed beside the rest of the dev extra, with the reason."""


def shapes(network: torch.nn.Module, given: dict[str, torch.Tensor]) -> object:
    """What the network gives, without computing it: shapes and types only."""
    with FakeTensorMode(allow_non_fake_inputs=True) as fake, torch.no_grad():
        return network(*(fake.from_tensor(value) for value in given.values()))
