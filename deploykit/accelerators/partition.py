"""Into how many parts an accelerator's ops fall, and where the cuts are.

A part is handed over as one piece, so nothing within it may wait for something outside that waits for the part itself.
TensorFlow Lite and ONNX Runtime both collect all that is ready, hand it over, do the rest, and begin anew: what comes
out are layers, numbered by how often a path from the inputs leaves the accelerator.
Sources: tflite/graph_info.cc (PartitionGraphIntoIndependentNodeSubsets) in LiteRT;
onnxruntime/core/providers/partitioning_utils.cc (CreateSupportedPartitionNodeGroups) in ONNX Runtime.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence


def parts(before: Sequence[Sequence[int]], taken: Sequence[bool]) -> list[int | None]:
    """The part that each op belongs to.

    Args:
        before: for each op, in the order of execution, the ops whose results it takes.
        taken: whether the accelerator takes it.

    Returns:
        Numbers from 0 without gaps, in the order in which the parts run; None for ops that are not taken.
    """
    layer: list[int] = []
    for place, makers in enumerate(before):
        # An op that is not taken waits for the whole part that gives what it takes.
        layer.append(max((layer[m] + (taken[m] and not taken[place]) for m in makers), default=0))
    used = sorted({found for found, mine in zip(layer, taken, strict=True) if mine})
    numbers = {found: number for number, found in enumerate(used)}
    return [numbers[k] if t else None for k, t in zip(layer, taken, strict=True)]


def kept(part: Sequence[int | None], most: int) -> set[int]:
    """The parts that a runtime hands over: the largest, counted in ops; of equal ones the first. 0 is no limit."""
    sizes = Counter(number for number in part if number is not None)
    ranked = sorted(sizes, key=lambda number: (-sizes[number], number))
    return set(ranked[:most] if most > 0 else ranked)


def cuts(before: Sequence[Sequence[int]], part: Sequence[int | None]) -> set[int]:
    """The ops that are not taken and have parts both before and behind them: without them two parts could be one."""
    reaches = [False] * len(before)
    """Whether a taken op lies somewhere before."""
    for place, makers in enumerate(before):
        reaches[place] = any(reaches[m] or part[m] is not None for m in makers)
    leads = [False] * len(before)
    for place in reversed(range(len(before))):
        for maker in before[place]:
            leads[maker] = leads[maker] or leads[place] or part[place] is not None
    return {place for place, number in enumerate(part) if number is None and reaches[place] and leads[place]}
