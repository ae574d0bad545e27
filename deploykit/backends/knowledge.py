"""Which ops of a program a converter does not know: told before it refuses, or after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from deploykit.backends.origins import ancestors, calls, line_of
from deploykit.manifest import UnknownOp

Knows = Callable[[torch.fx.Node], bool]


def unknown_ops(
    captured: torch.export.ExportedProgram, decomposed: torch.export.ExportedProgram, knows: Knows, root: Path
) -> tuple[UnknownOp, ...]:
    """The captured calls of which a converter does not know what is left after decompositions, once per op and line.

    Args:
        captured: as torch.export gave it.
        decomposed: the same after the decompositions that the converter makes itself.
        knows: says so of one call.
        root: of the user's project; paths are relative to it.
    """
    known = {node.name: node for node in calls(captured.graph_module)}
    return tuple(dict.fromkeys(_unknown(known, decomposed, knows, root)))


def _unknown(
    known: dict[str, torch.fx.Node], decomposed: torch.export.ExportedProgram, knows: Knows, root: Path
) -> Iterator[UnknownOp]:
    for node in calls(decomposed.graph_module):
        # What is no ATen op picks from tuples and computes sizes: plain Python, which every converter reads.
        if not isinstance(node.target, torch._ops.OpOverload) or knows(node):
            continue
        source = next((known[name] for name in ancestors(node) if name in known), node)
        place = line_of(node, root) or line_of(source, root) or ""
        yield UnknownOp(op=str(source.target), place=place)
