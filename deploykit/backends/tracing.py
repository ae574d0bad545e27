"""Which line of the model each op of a saved file comes from, by the names that converters give to what ops make."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from deploykit.opgraph import Graph

NEXT = 4
"""Passes of a converter make ops of their own for one op of the program; theirs is the line of one of the next ops."""

_NUMBER = re.compile(r"^\d+ ")


def trace(graph: Graph, origins: Mapping[str, str]) -> dict[str, str]:
    """The name of each op's output → its line, where that is known.

    Args:
        graph: of the file.
        origins: what the road left: names in the program that was lowered → lines.
    """
    if not origins:
        return {}
    own = [next((origins[name] for name in _candidates(op.name) if name in origins), "") for op in graph.ops]
    found = {}
    for place, op in enumerate(graph.ops):
        line = next((line for line in own[place : place + NEXT + 1] if line), "")
        if line:
            found[op.name] = line
    return found


def _candidates(name: str) -> Iterator[str]:
    """What a converter may have made a name of.

    coremltools appends what its passes did (`matmul_1_cast_fp16_0`); litert-torch names a tensor after the modules
    around it, those of fused ops behind each other (`3 net.Net/torch.nn.modules.conv.Conv2d_stem;1`).
    """
    name = _NUMBER.sub("", name)
    base = name.split("_cast_fp", 1)[0]
    yield from (name, base, base.rpartition("_")[0])
    yield from (part for part in name.split(";") if "/" in part)
