"""The ops of a saved file as plain data: the same for every format, read by each backend's `graph.py`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Shape = tuple[int | None, ...]
"""Sizes of a tensor; None is known at run time only."""

Attribute = int | float | str | bool | tuple[int, ...]

Kind = Literal["taken", "not taken", "unknown"]
"""What an accelerator does with an op."""

Evidence = Literal["measured", "vendor's tool", "documentation", "folklore"]
"""Where a verdict comes from, the strongest first. `measured`: the runtime itself partitioned this file on this host.
`folklore`: reports of users and reverse engineers, which the vendor has not confirmed."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """What an op takes or gives.

    Attributes:
        name: in the file.
        dtype: NumPy's name where NumPy has the type; otherwise the format's, in small letters.
        shape: None where not even the rank is known.
        constant: whether it is the same in every run: stored, or made of stored tensors alone.
        values: of a small integer constant, in order; None where they were not read.
    """

    name: str
    dtype: str
    shape: Shape | None
    constant: bool = False
    values: tuple[int, ...] | None = None

    @property
    def size(self) -> int | None:
        """How many elements it has, where that is known."""
        if self.shape is None or any(size is None for size in self.shape):
            return None
        return math.prod(size for size in self.shape if size is not None)


@dataclass(frozen=True, slots=True)
class Op:
    """An op that depends on the file's inputs.

    Attributes:
        op: its type, as the format calls it.
        name: of its first output.
        inputs: None for an optional input that is left out.
        outputs: what it gives.
        attributes: those that some table of `deploykit.accelerators` asks for; others may be missing.
        before: the places, in `Graph.ops`, of those whose results it takes.
        number: its place among all ops of the file.
    """

    op: str
    name: str
    inputs: tuple[Tensor | None, ...]
    outputs: tuple[Tensor, ...]
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    before: tuple[int, ...] = ()
    number: int = 0

    def given(self, place: int) -> Tensor | None:
        """An input, if there is one at that place."""
        return self.inputs[place] if place < len(self.inputs) else None


@dataclass(frozen=True, slots=True)
class Graph:
    """A file's main graph, in the order of execution.

    Attributes:
        format: `litert`, `onnx` or `coreml`.
        ops: without those that depend on constants alone, which every runtime computes once when it loads the file.
        notes: what a reader has to know: graphs within ops that were not looked at, for example.
    """

    format: str
    ops: tuple[Op, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an accelerator does with an op, and why it does not take it."""

    kind: Kind
    reason: str = ""
    folklore: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a runtime or a vendor's tool says of every op of a file.

    Attributes:
        accelerator: its name among the tables of `deploykit.accelerators`.
        evidence: of all verdicts.
        source: what was asked.
        version: of what was asked.
        verdicts: one for each op of the graph; `unknown` where it said something of some ops of this type only.
        counted: how many ops it says that it hands over, where it says so.
        notes: what it said beside that, word for word where it was not understood.
    """

    accelerator: str
    evidence: Evidence
    source: str
    version: str
    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...] = ()
    counted: int | None = None


@dataclass(frozen=True, slots=True)
class RawOp:
    """An op as a file has it, before it is known whether it depends on the inputs."""

    op: str
    inputs: tuple[Tensor | None, ...]
    outputs: tuple[Tensor, ...]
    attributes: Mapping[str, Attribute] = field(default_factory=dict)


def graph_of(format: str, raw: Iterable[RawOp], given: Iterable[str], notes: tuple[str, ...] = ()) -> Graph:
    """A graph of those ops that depend on the file's inputs.

    Args:
        format: of the file.
        raw: all its ops, in the order of execution.
        given: the names of its inputs and states.
        notes: see `Graph`.
    """
    variable, makers = set(given), dict[str, int]()
    fixed: dict[str, Tensor] = {}
    ops: list[Op] = []
    for number, each in enumerate(raw):
        names = [tensor.name for tensor in each.inputs if tensor is not None]
        if not variable.intersection(names):
            fixed |= {out.name: Tensor(out.name, out.dtype, out.shape, constant=True) for out in each.outputs}
            continue
        inputs = tuple(None if tensor is None else fixed.get(tensor.name, tensor) for tensor in each.inputs)
        before = tuple(sorted({makers[name] for name in names if name in makers}))
        variable |= {out.name for out in each.outputs}
        makers |= {out.name: len(ops) for out in each.outputs}
        name = next((out.name for out in each.outputs if out.name), "")
        ops.append(Op(each.op, name, inputs, each.outputs, each.attributes, before, number))
    return Graph(format, tuple(ops), notes)
