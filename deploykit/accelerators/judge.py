"""What an accelerator's table says of each op of a graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from deploykit.accelerators.tables import Limit, Rule, Table, all_tables
from deploykit.opgraph import Graph, Op, Tensor, Verdict

HIGHEST = 1 << 30
"""The feature level of an accelerator that has none."""


def judge(graph: Graph, table: Table, level: int = HIGHEST) -> tuple[Verdict, ...]:
    """A verdict for each op.

    Args:
        graph: in the format of the table.
        table: of the accelerator.
        level: its feature level.
    """
    if table.any_of:
        return _any(graph, [all_tables()[name] for name in table.any_of], level)
    rules = {op: rule for rule in table.rules for op in rule.ops}
    return tuple(_judged(op, table, rules.get(op.op), level) for op in graph.ops)


def _any(graph: Graph, tables: Iterable[Table], level: int) -> tuple[Verdict, ...]:
    """The best of several; where none takes an op, all reasons."""
    found = []
    for verdicts in zip(*(judge(graph, table, level) for table in tables), strict=True):
        best = next((v for kind in ("taken", "unknown") for v in verdicts if v.kind == kind), None)
        reasons = "; ".join(dict.fromkeys(v.reason for v in verdicts))
        found.append(best or Verdict("not taken", reasons, any(v.folklore for v in verdicts)))
    return tuple(found)


def _judged(op: Op, table: Table, rule: Rule | None, level: int) -> Verdict:
    if rule is not None and level < rule.since:
        title = next((f" ({each.title})" for each in table.levels if each.level == rule.since), "")
        return Verdict("not taken", f"only from level {rule.since}{title} on", rule.folklore)
    for limit in (*table.every, *(rule.limits if rule else ())):
        if (limit.below is None or level < limit.below) and (broken := next(_broken(op, limit), None)):
            return Verdict("not taken", limit.why or broken, limit.folklore)
    if rule is not None:
        return Verdict(rule.verdict, rule.why, rule.folklore and rule.verdict != "taken")
    return Verdict(table.others, "" if table.others == "taken" else table.others_why, table.others_folklore)


def _broken(op: Op, limit: Limit) -> Iterator[str]:
    """What of a limit does not hold."""
    for what, tensor in _about(op, limit):
        if limit.types and tensor.dtype not in limit.types:
            yield f"{what} is {tensor.dtype}; it takes {_either(limit.types)}"
        if limit.ranks and tensor.shape is not None and not limit.ranks[0] <= len(tensor.shape) <= limit.ranks[1]:
            yield f"{what} has rank {len(tensor.shape)}; it takes {_ranks(limit.ranks)}"
        if limit.fixed and (tensor.shape is None or None in tensor.shape):
            yield f"{what} has a size that is known at run time only"
        if limit.constant is not None and tensor.constant is not limit.constant:
            yield f"{what} {'is no constant' if limit.constant else 'is a constant'}"
    if limit.inputs and len([t for t in op.inputs if t is not None]) not in limit.inputs:
        yield f"it has {len([t for t in op.inputs if t is not None])} inputs, not {_either(map(str, limit.inputs))}"
    if limit.attribute and (value := op.attributes.get(limit.attribute)) is not None:
        values = value if isinstance(value, tuple) else (value,)
        if any(each not in limit.values for each in values):
            yield f"{limit.attribute} is {_shown(value)}, not {_either(map(_shown, limit.values))}"
    yield from _broken_shapes(op, limit)


def _broken_shapes(op: Op, limit: Limit) -> Iterator[str]:
    """What of a limit of shapes and types together does not hold."""
    if limit.same_shape:
        left, right = (op.given(place) for place in limit.same_shape)
        if left is not None and right is not None and left.shape != right.shape:
            yield f"its inputs have the shapes {_sizes(left)} and {_sizes(right)}"
    if limit.square and op.outputs and (shape := op.outputs[0].shape) and len(shape) == 4 and shape[1] != shape[2]:
        yield f"its output is not square: {_sizes(op.outputs[0])}"
    data, weight = op.given(0), op.given(1)
    if not limit.grouped and data and weight and data.shape and weight.shape and data.shape[-1] != weight.shape[-1]:
        yield "it is a convolution in groups"
    if limit.pairs and data is not None and op.outputs and (data.dtype, op.outputs[0].dtype) not in limit.pairs:
        yield f"from {data.dtype} to {op.outputs[0].dtype}"
    if not limit.broadcast and data and weight and data.shape and weight.shape and data.shape[:-2] != weight.shape[:-2]:
        yield f"its operands are broadcast: {_sizes(data)} and {_sizes(weight)}"


def _about(op: Op, limit: Limit) -> Iterator[tuple[str, Tensor]]:
    """The tensors that a limit is about, in words."""
    if limit.every:
        yield from (("an input", tensor) for tensor in op.inputs if tensor is not None and not tensor.constant)
        yield from (("an output", tensor) for tensor in op.outputs)
    elif limit.output is not None:
        yield from (("its output", tensor) for tensor in op.outputs[limit.output : limit.output + 1])
    elif (tensor := op.given(limit.input)) is not None:
        yield ("its input" if limit.input == 0 else f"its input {limit.input}"), tensor


def _either(words: Iterable[str]) -> str:
    *some, last = words
    return f"{', '.join(some)} or {last}" if some else last


def _ranks(ranks: tuple[int, int]) -> str:
    least, most = ranks
    return f"rank {least}" if least == most else f"ranks up to {most}" if least == 0 else f"ranks {least} to {most}"


def _sizes(tensor: Tensor) -> str:
    return "?" if tensor.shape is None else " × ".join("?" if s is None else str(s) for s in tensor.shape) or "scalar"


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
