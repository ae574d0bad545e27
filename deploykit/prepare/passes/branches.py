"""Branches that only training runs: auxiliary heads (GoogLeNet's, Inception's), mask tokens' heads, teachers."""

from __future__ import annotations

import re
from typing import cast

from torch import nn

from deploykit.prepare.agreement import Tensors
from deploykit.prepare.passes.calls import Calls, record
from deploykit.prepare.passes.places import counted, place, some

AUXILIARY = re.compile(r"aux(iliary)?(_|\d|$)")
CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
"""What is in these is found by its place, so nothing can be taken out."""


def never_run(root: nn.Module, inputs: Tensors) -> tuple[str, ...]:
    """The outermost modules with parameters that nothing runs, and whose parameters nothing reads."""
    calls = record(root, inputs)
    found: list[str] = []
    inside = _inside(root)
    for name, module in root.named_modules():
        if any(name.startswith(f"{outer}.") for outer in found) or id(module) in inside:
            continue
        if next(module.parameters(), None) is not None and _idle(module, calls):
            found.append(name)
    return tuple(found)


def auxiliary(root: nn.Module, inputs: Tensors) -> tuple[str, ...]:
    """Heads that run in eval mode too, by their attribute's name, where the contract does not want what they give."""
    wanted = cast("tuple[str, ...]", root.wanted)
    if not wanted or any(AUXILIARY.match(name) for name in wanted):
        return ()
    inside = _inside(root)
    return tuple(
        name
        for name, module in root.named_modules()
        if AUXILIARY.match(name.rpartition(".")[2])
        and id(module) not in inside
        and next(module.parameters(), None) is not None
    )


def remove(root: nn.Module, found: tuple[str, ...]) -> str:
    """Leaves None in their places: code asks `if self.aux is not None`."""
    count = sum(p.numel() for path in found for p in root.get_submodule(path).parameters())
    for path in found:
        place(root, path, None)
    return f"{some(found)}: {counted(count, 'parameter')} that this network does not use"


def training_outputs(network: nn.Module, names: tuple[str, ...]) -> tuple[str, ...]:
    """Outputs that only a loss needs: torchvision's segmentation networks give `aux` beside `out` even in eval mode."""
    return ("aux",) if {"out", "aux"} <= set(names) and getattr(network, "aux_classifier", None) is not None else ()


def _inside(root: nn.Module) -> set[int]:
    return {id(child) for m in root.modules() if isinstance(m, CONTAINERS) for child in m.children()}


def _idle(module: nn.Module, calls: Calls) -> bool:
    tensors = (*module.parameters(), *module.buffers())
    return not any(m in calls.ran for m in module.modules()) and not any(calls.used(t) for t in tensors)
