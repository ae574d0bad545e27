"""What `eval()` does not do: modules that it did not reach, and dropout, which stays in the graph as an op."""

from __future__ import annotations

import re

from torch import nn

from deploykit.prepare.agreement import Tensors
from deploykit.prepare.passes.places import counted, place, some

DROPS = re.compile(r"Drop(out|Path|Block|Connect|Layer)?(\dd|Nd)?$|^StochasticDepth$")
"""Names of classes of every library's own: `DropPath`, `SegformerDropPath`, `DropBlock2d`, `AlphaDropout`…"""


def in_training(root: nn.Module, inputs: Tensors) -> tuple[str, ...]:
    """The modules that are in training mode all the same, for example because their `train()` says so."""
    return tuple(name for name, module in root.named_modules() if module.training)


def to_evaluation(root: nn.Module, found: tuple[str, ...]) -> str:
    """Switches them over, whatever their `train()` says."""
    for path in found:
        root.get_submodule(path).training = False
    return f"{counted(len(found), 'module')} were still in training mode: {some(found)}"


def dropouts(root: nn.Module, inputs: Tensors) -> tuple[str, ...]:
    """Modules without parameters that only do something in training."""
    return tuple(
        name
        for name, module in root.named_modules()
        if (isinstance(module, nn.modules.dropout._DropoutNd) or DROPS.search(type(module).__name__))
        and next(module.parameters(), None) is None
    )


def remove_dropouts(root: nn.Module, found: tuple[str, ...]) -> str:
    """Puts identities there, which leave nothing in the graph."""
    for path in found:
        place(root, path, nn.Identity())
    return f"{counted(len(found), 'module')} that only training needs"
