"""Heads that are joined into one output though their scales clash: boxes of hundreds of pixels beside scores below one.

With one scale for both, int8 leaves nothing of the smaller: a detector that finds nothing. Where nothing with weights
stands behind such a joint, it and all that follows stay in floating point, so that each head keeps a scale of its own;
and so does what leads from the last weights to the joint alone, which makes boxes of what the heads give: in steps of a
256th of a picture no box fits well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

CLASH = 4.0
"""How many times the smallest of the joined ranges the largest may be: two of int8's eight bits are lost there."""


@dataclass(frozen=True)
class Op:
    """An op of a graph.

    Attributes:
        type: in the file's format.
        inputs: names of the tensors that it takes.
        outputs: names of those that it gives.
    """

    type: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def clashing_heads(
    ops: Iterable[Op], ranges: Mapping[str, tuple[float, float]], joins: str, weighted: Collection[str]
) -> tuple[Op, ...]:
    """The ops that stay float: joints of clashing ranges with nothing weighted behind them, what follows, and what
    leads to them alone.

    Args:
        ops: of the graph, in the order of execution.
        ranges: least and greatest value by tensor.
        joins: the type of op that joins tensors.
        weighted: types of ops with weights.
    """
    ordered = list(ops)
    found: dict[int, Op] = {}
    for index, op in enumerate(ordered):
        if op.type != joins or not clash([ranges[name] for name in op.inputs if name in ranges]):
            continue
        behind, reached = {index: op}, set(op.outputs)
        for later, other in enumerate(ordered[index + 1 :], start=index + 1):
            if reached & set(other.inputs):
                behind[later] = other
                reached |= set(other.outputs)
        if not any(other.type in weighted for other in behind.values()):
            found |= behind
    takers: dict[str, set[int]] = {}
    for index, op in enumerate(ordered):
        for name in op.inputs:
            takers.setdefault(name, set()).add(index)
    for index, op in reversed(list(enumerate(ordered))):
        after = {taker for name in op.outputs for taker in takers.get(name, ())}
        if index not in found and op.type not in weighted and after and after <= found.keys():
            found[index] = op
    return tuple(found[index] for index in sorted(found))


def told(heads: Iterable[Op], joins: str) -> tuple[str, ...]:
    """What was done, as the report tells it among the rewrites; nothing where nothing was."""
    names = [op.outputs[0] for op in heads if op.type == joins]
    return (f"heads of clashing scales joined in floating point: {', '.join(names)}",) if names else ()


def clash(ends: Sequence[tuple[float, float]]) -> bool:
    """Whether one scale for all ranges would take too much from the smallest; they reach to 0 in any case."""
    spans = [max(high, 0.0) - min(low, 0.0) for low, high in ends]
    return len(spans) > 1 and max(spans) > CLASH * min(spans) > 0
