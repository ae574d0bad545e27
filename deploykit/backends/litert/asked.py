"""What LiteRT itself does with a `.tflite` file on this host: which ops its CPU and GPU paths take."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from ai_edge_litert.interpreter import Interpreter

from deploykit.accelerator_names import LITERT_GPU, TFLITE_XNNPACK
from deploykit.backends.litert import analyzer
from deploykit.backends.litert.gpu import GpuRunner
from deploykit.backends.litert.gpu_log import PARTS, WHOLE, understandable
from deploykit.backends.litert.graph import place_of
from deploykit.errors import ArtifactError, RunnerLimitError
from deploykit.opgraph import Answer, Graph, Op, Tensor, Verdict

ELEMENTWISE = frozenset(
    (
        "ADD",
        "SUB",
        "MUL",
        "DIV",
        "MAXIMUM",
        "MINIMUM",
        "POW",
        "FLOOR_DIV",
        "FLOOR_MOD",
        "SQUARED_DIFFERENCE",
        "ATAN2",
        "EQUAL",
        "NOT_EQUAL",
        "GREATER",
        "GREATER_EQUAL",
        "LESS",
        "LESS_EQUAL",
    )
)
"""Arithmetic and comparisons of two tensors, one of which may be broadcast."""
PADDING = frozenset(("PAD", "PADV2"))
_LINE = re.compile(r"^(?P<op>[A-Z][A-Z0-9_]*): (?P<why>.+)$", re.MULTILINE)
_TENSORS = (
    re.compile(r'^Tensor "(?P<name>.*)" (?P<why>has bad input dims size: \d+)\.?$'),
    re.compile(r"^(?P<why>Tensor dimensions must be less than \d+)\. (?P<name>.+)$"),
)
"""Reasons that name a tensor."""


def ask(path: Path, graph: Graph, said: str = "") -> tuple[Answer, ...]:
    """Everything that can be asked on this host; what cannot be had is left to the tables.

    Args:
        path: a `.tflite` file.
        graph: its ops.
        said: what the GPU engine said of its parts already; where that is empty, the file is opened there.
    """
    gpu = _gpu(path, graph, said)
    if gpu is not None:
        gpu = replace(gpu, notes=(*_wrong(graph), *gpu.notes))
    answers = (_cpu(path, graph), gpu, analyzer.ask(path, graph))
    return tuple(answer for answer in answers if answer is not None)


def _cpu(path: Path, graph: Graph) -> Answer | None:
    """XNNPACK, as the interpreter on this host hands parts of the graph to it."""
    try:
        interpreter = Interpreter(str(path))
        interpreter.allocate_tensors()
        details = interpreter._get_ops_details()
    except (RuntimeError, ValueError):
        return None
    parts = [op for op in details if op["op_name"] == "DELEGATE"]
    maker = {place_of(out.name): number for number, op in enumerate(graph.ops) for out in op.outputs}
    taken: set[int] = set()
    for part in parts:
        taken |= _within(graph, maker, {int(i) for i in part["inputs"]}, [int(o) for o in part["outputs"]])
    verdicts = tuple(
        Verdict("taken") if number in taken else Verdict("not taken", "XNNPACK left it to TFLite's own kernels")
        for number in range(len(graph.ops))
    )
    source = "XNNPACK in ai-edge-litert, which partitioned this file on this host"
    notes = ("an ARM phone has the same ops, and may compute them at fp16",)
    return Answer(TFLITE_XNNPACK, "measured", source, f"ai-edge-litert {version('ai-edge-litert')}", verdicts, notes)


def _within(graph: Graph, maker: dict[int, int], inputs: set[int], outputs: list[int]) -> set[int]:
    """The ops between the inputs and the outputs of a part."""
    found: set[int] = set()
    pending = list(outputs)
    while pending:
        number = maker.get(pending.pop())
        if number is None or number in found:
            continue
        found.add(number)
        tensors = (place_of(t.name) for t in graph.ops[number].inputs if t is not None and not t.constant)
        pending += [tensor for tensor in tensors if tensor not in inputs]
    return found


def _gpu(path: Path, graph: Graph, said: str) -> Answer | None:
    """LiteRT's GPU accelerator (ML Drift by way of WebGPU), where this host has a Vulkan driver that it takes."""
    try:
        return heard(graph, said or _opened(path))
    except RunnerLimitError:  # of the driver, or of the time: that says nothing of the file
        return None
    except ArtifactError as error:
        died = Verdict("not taken", str(error))
        return _gpu_answer([died] * len(graph.ops), (), None)


def _wrong(graph: Graph) -> Iterator[str]:
    """What the GPU takes and computes wrong, in words."""
    for ops, how in (
        (misread(graph), "of a tensor of rank 2 or 3 it may read the first row only"),
        (miscounted(graph), "of an average over padding it leaves the padding out of the count"),
    ):
        if ops:
            first = f"{ops[0].op} {ops[0].name} is the first"
            yield f"it takes {len(ops)} ops of a kind that it computes wrong: {first}; {how}"


def misread(graph: Graph) -> tuple[Op, ...]:
    """Ops that the GPU takes and computes wrong, because it reads a tensor as if its first axis were 1.

    Measured with ai-edge-litert 2.3; see docs/gpu.md. They are arithmetic at rank 2 or 3 with a constant that has rows,
    arithmetic of a tensor [h, n, m] with a constant of rank 4, and padding of a tensor of rank 2 or 3 with rows.
    """
    return tuple(
        op
        for op in graph.ops
        if (op.op in ELEMENTWISE and (_has_constant_rows(op) or _heads_apart(op)))
        or (op.op in PADDING and _has_rows(op.inputs[0]))
    )


def miscounted(graph: Graph) -> tuple[Op, ...]:
    """Averages of what a `PAD` gave, which the GPU joins: it divides by how much of a window is no padding.

    Measured with ai-edge-litert 2.3; see docs/gpu.md.
    """
    padded = {out.name for op in graph.ops if op.op in PADDING for out in op.outputs}
    return tuple(
        op
        for op in graph.ops
        if op.op == "AVERAGE_POOL_2D" and any(given is not None and given.name in padded for given in op.inputs)
    )


def _has_rows(given: Tensor | None) -> bool:
    return given is not None and given.shape is not None and len(given.shape) in (2, 3) and given.shape[0] != 1


def _has_constant_rows(op: Op) -> bool:
    """Whether it has a constant with rows; met by a tensor of rank 4, it is read right."""
    constants = [given for given in op.inputs if given is not None and given.constant]
    return any(_has_rows(given) for given in constants) and all(len(made.shape or ()) < 4 for made in op.outputs)


def _heads_apart(op: Op) -> bool:
    """Whether it puts [h, n, m] and a constant [1, h, n, m] or [1, 1, n, m] of more than one number together."""
    shapes = [given.shape for given in op.inputs if given is not None and given.shape is not None]
    constant = [one.shape for one in op.inputs if one is not None and one.constant and one.shape is not None]
    return any(
        len(low) == 3 and len(high) == 4 and high[0] == 1 and low[0] != 1 and set(high) != {1}
        for low in shapes
        for high in constant
    )


def _opened(path: Path) -> str:
    with GpuRunner(path) as runner:
        return runner.parts()


def heard(graph: Graph, text: str) -> Answer:
    """What the GPU accelerator printed, as verdicts; what is not understood is kept word for word."""
    refused = PARTS.search(text)
    if refused is None and text != WHOLE:
        verdicts = [Verdict("unknown", "LiteRT's GPU accelerator did not say what it takes")] * len(graph.ops)
        return _gpu_answer(verdicts, understandable(text), None)
    verdicts = [Verdict("taken")] * len(graph.ops)
    lines = list(dict.fromkeys(_LINE.finditer(refused["lines"]))) if refused else []
    named = [(line["op"], found["why"], found["name"]) for line in lines if (found := _named(line["why"]))]
    for line in lines:
        everything = line["why"] == "Operation is not supported."
        if everything or not _named(line["why"]):
            for number in (n for n, op in enumerate(graph.ops) if op.op == line["op"]):
                verdicts[number] = Verdict("not taken" if everything else "unknown", line["why"].rstrip("."))
    for kind, why, name in named:
        for number in (n for n, op in enumerate(graph.ops) if op.op == kind and _has(op, name)):
            verdicts[number] = Verdict("not taken", why)
    counted = refused and (0 if refused["taken"] == "No" else int(refused["taken"]))
    return _gpu_answer(verdicts, (), counted)


def _gpu_answer(verdicts: list[Verdict], notes: tuple[str, ...], counted: int | None) -> Answer:
    source = "LiteRT's GPU accelerator (ML Drift, WebGPU), which partitioned this file on this host"
    told = (*notes, "LiteRT hands the largest part alone to the GPU")
    found = f"ai-edge-litert {version('ai-edge-litert')}"
    return Answer(LITERT_GPU, "measured", source, found, tuple(verdicts), told, counted)


def _named(why: str) -> re.Match[str] | None:
    return next((found for pattern in _TENSORS if (found := pattern.match(why))), None)


def _has(op: Op, name: str) -> bool:
    tensors = (*(tensor for tensor in op.inputs if tensor is not None), *op.outputs)
    return any(tensor.name.partition(" ")[2] == name for tensor in tensors)
