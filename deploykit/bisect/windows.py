"""A few ops of a program by themselves: as source that can be read, with the tensors that they were given."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.fx.node import Node as FxNode

from deploykit.bisect.reference import Reference, gives_tensor
from deploykit.bisect.regions import behind
from deploykit.errors import DeploykitError

LARGEST = 24
"""Ops of a window; with more it explains nothing."""


class UncutError(DeploykitError):
    """An op cannot stand by itself: it holds a graph, or takes what is no tensor and no plain number."""


@dataclass(frozen=True)
class Statement:
    """One call.

    Attributes:
        name: of its result.
        op: for example `aten.conv2d.default`.
        text: the call as source.
        reads: the names in it.
        value: its result in the whole model; None where that is no tensor.
    """

    name: str
    op: str
    text: str
    reads: tuple[str, ...]
    value: NDArray[Any] | None


@dataclass(frozen=True)
class Window:
    """Some calls of a program.

    Attributes:
        suspect: the node that it was cut out for.
        statements: in the order of execution.
        inputs: what they take of the rest of the model, with its real values; int64 as int32, as on phones.
        weights: parameters and constants.
        long: the inputs that are int64 inside.
        outputs: the results that are looked at.
    """

    suspect: str
    statements: tuple[Statement, ...]
    inputs: dict[str, NDArray[Any]]
    weights: dict[str, NDArray[Any]]
    long: tuple[str, ...]
    outputs: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the calls."""
        return tuple(statement.name for statement in self.statements)

    def source(self) -> str:
        """A module's source: takes the weights by name, then the inputs in order, and gives the outputs in order."""
        lines = [
            "class Model(torch.nn.Module):",
            "    def __init__(self, **weights):",
            "        super().__init__()",
            "        for name, value in weights.items():",
            "            self.register_buffer(name, torch.from_numpy(value))",
            "",
            f"    def forward(self, {', '.join(self.inputs)}):",
            *(f"        {name} = {name}.long()" for name in self.long),
            *(f"        {s.name} = {s.text}" for s in self.statements),
            f"        return {', '.join(self.outputs)}",
        ]
        return "\n".join(lines) + "\n"

    def module(self) -> torch.nn.Module:
        """The same as a module."""
        space: dict[str, Any] = {"torch": torch}
        exec(compile(self.source(), "<window>", "exec"), space)
        module: torch.nn.Module = space["Model"](**self.weights)
        return module.eval()

    def without(self, name: str) -> Window | None:
        """The window with a call's result as an input in its place; None where that leaves nothing of it."""
        dropped = next(statement for statement in self.statements if statement.name == name)
        kept = tuple(statement for statement in self.statements if statement.name != name)
        outputs = tuple(output for output in self.outputs if output != name)
        if dropped.value is None or not outputs:
            return None
        return _closed(replace(self, statements=kept, outputs=outputs), {**self.inputs, name: dropped.value})


def windows(reference: Reference, suspects: Sequence[str], count: int) -> Iterator[Window]:
    """What may show a fault alone, the smallest first: each suspect, then with its makers, then with all before it.

    Args:
        reference: the program with its values.
        suspects: nodes, the likeliest first.
        count: how many of them are looked at.
    """
    seen: set[frozenset[str]] = set()
    for grow in (_alone, _with_makers, _with_all):
        for suspect in suspects[:count]:
            chosen = grow(reference, suspect, frozenset(suspects))
            if chosen in seen or len(chosen) > LARGEST:
                continue
            seen.add(chosen)
            try:
                yield cut(reference, suspect, chosen)
            except UncutError:
                continue  # what lies around it may still be cut


def cut(reference: Reference, suspect: str, chosen: Collection[str]) -> Window:
    """Some nodes of a program as a window.

    Args:
        reference: the program with its values.
        suspect: the node that it is all about.
        chosen: the names of the nodes; calls that give several tensors come along.

    Raises:
        UncutError: naming the op that cannot be written as a call.
    """
    graph = reference.module.graph
    by_name = {node.name: node for node in graph.nodes}
    wanted = {by_name[name] for name in chosen}
    for node in list(wanted):
        wanted |= set(_needed(node))
    order = [node for node in graph.nodes if node in wanted]
    weights = {
        node.name: _constant(reference, node)
        for inner in order
        for node in inner.all_input_nodes
        if node not in wanted and _is_constant(reference, node)
    }
    statements = tuple(_statement(node, weights, reference.values) for node in order)
    outside = [n.name for n in order if n.name in chosen and any(user not in wanted for user in n.users)]
    outputs = tuple(dict.fromkeys((*outside, suspect)))
    window = Window(suspect, statements, {}, weights, (), outputs)
    return _closed(window, reference.values)


def _alone(reference: Reference, suspect: str, suspects: frozenset[str]) -> frozenset[str]:
    return frozenset({suspect})


def _with_makers(reference: Reference, suspect: str, suspects: frozenset[str]) -> frozenset[str]:
    return _and_makers(reference, {suspect})


def _with_all(reference: Reference, suspect: str, suspects: frozenset[str]) -> frozenset[str]:
    """With the suspects that it was made from, and their makers, which are right."""
    region = behind([suspect], lambda name: reference.nodes[name].inputs, lambda name: name not in suspects)
    return _and_makers(reference, region)


def _and_makers(reference: Reference, nodes: Collection[str]) -> frozenset[str]:
    makers = {name for node in nodes for name in reference.nodes[node].inputs if name in reference.nodes}
    return frozenset({*nodes, *makers})


def _needed(node: FxNode) -> Iterator[FxNode]:
    """What comes along: calls that give several tensors, of which one is picked, or complex ones."""
    for source in node.all_input_nodes:
        if not gives_tensor(source):
            yield source
            yield from _needed(source)


def _closed(window: Window, values: Mapping[str, NDArray[Any]]) -> Window:
    """With those inputs and weights that it reads."""
    made = set(window.names)
    read = dict.fromkeys(name for statement in window.statements for name in statement.reads if name not in made)
    inputs = {name: values[name] for name in read if name not in window.weights}
    long = tuple(dict.fromkeys((*window.long, *(n for n, v in inputs.items() if v.dtype == np.int64))))
    return replace(
        window,
        inputs={name: value.astype(np.int32) if name in long else value for name, value in inputs.items()},
        weights={name: value for name, value in window.weights.items() if name in read},
        long=tuple(name for name in long if name in inputs),
    )


def _statement(node: FxNode, weights: Collection[str], values: Mapping[str, NDArray[Any]]) -> Statement:
    args = [_literal(value, weights) for value in node.args]
    args += [f"{name}={_literal(value, weights)}" for name, value in node.kwargs.items()]
    if isinstance(node.target, torch._ops.OpOverload):
        text = f"torch.ops.{node.target}({', '.join(args)})"
    elif getattr(node.target, "__name__", "") == "getitem":
        text = f"{args[0]}[{args[1]}]"
    else:
        raise UncutError(f"{node.target} is no ATen op")
    reads = tuple(source.name for source in node.all_input_nodes)
    return Statement(node.name, str(node.target), text, reads, values.get(node.name))


def _literal(value: Any, weights: Collection[str]) -> str:
    """An argument as source."""
    match value:
        case FxNode():
            return f"self.{value.name}" if value.name in weights else value.name
        case list() | tuple():
            return f"[{', '.join(_literal(item, weights) for item in value)}]"
        case torch.device():
            return f'torch.device("{value}")'
        case float() if not math.isfinite(value):
            return f'float("{value}")'
        case None | bool() | int() | float() | str() | torch.dtype() | torch.memory_format() | torch.layout():
            return repr(value)
    raise UncutError(f"{value!r} cannot be written as source")


def _is_constant(reference: Reference, node: FxNode) -> bool:
    known = reference.nodes.get(node.name)
    return node.op == "get_attr" or (known is not None and known.constant)


def _constant(reference: Reference, node: FxNode) -> NDArray[Any]:
    if node.op != "get_attr":
        return reference.values[node.name]
    owner, _, name = str(node.target).rpartition(".")
    value = getattr(reference.module.get_submodule(owner), name)
    if not isinstance(value, torch.Tensor):
        raise UncutError(f"{node.name} is a graph of its own")
    array: NDArray[Any] = value.detach().numpy()
    return array
