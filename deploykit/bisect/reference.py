"""PyTorch, node by node: what each op of a program gives on one input, and how well PyTorch itself knows that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from deploykit.backends.base import Tensors
from deploykit.backends.origins import origins_of
from deploykit.parity.compare import SNR_CAP_DB, snr_db

MARGIN_DB = 15.0
"""Below PyTorch's own noise: what reordered sums cost, as of a whole model (`parity.tolerance`)."""
RIGHT_DB = 100.0
"""Five digits of fp32's seven: more is not demanded of an intermediate."""
LEAST_DB = 30.0
"""Demanded even where the floor is lower."""


@dataclass(frozen=True)
class Node:
    """A call of a program that gives a tensor.

    Attributes:
        name: in the graph.
        op: for example `aten.conv2d.default`.
        inputs: the calls and inputs that it takes; one that gives several tensors is passed over for its own inputs.
        place: its line and module in the user's model, where they are known.
        constant: whether it depends on no input of the model.
        floor_db: how far PyTorch agrees with itself at float64, and on inputs moved by a rounding error.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    place: str
    constant: bool
    floor_db: float | None = None

    @property
    def required_db(self) -> float:
        """What a file's tensor needs to count as this one: what is not real has to be equal."""
        if self.floor_db is None:
            return SNR_CAP_DB
        return max(LEAST_DB, min(RIGHT_DB, self.floor_db - MARGIN_DB))


@dataclass(frozen=True)
class Reference:
    """A program with what its nodes gave.

    Attributes:
        module: the functional graph; its node names are those of `nodes`.
        nodes: in the order of execution.
        values: of each node and of each input, at float32.
        inputs: the names of the graph's inputs, in order.
        outputs: the names of the nodes that the program gives.
    """

    module: torch.fx.GraphModule
    nodes: dict[str, Node]
    values: dict[str, NDArray[Any]]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def functional(program: torch.export.ExportedProgram) -> torch.export.ExportedProgram:
    """The program without in-place ops, its other ops as they are: every value stays what it was."""
    plain: torch.export.ExportedProgram = program.run_decompositions({})
    return plain


def refer(program: torch.export.ExportedProgram, given: Tensors, moved: Tensors, root: Path) -> Reference:
    """Runs a program at float32, at float64, and on moved inputs.

    Args:
        program: as torch.export gave it.
        given: inputs by name.
        moved: the same, moved by a rounding error.
        root: of the user's project; places are told relative to it.
    """
    plain = functional(program)
    places = origins_of(program, plain, root)
    module = plain.module(check_guards=False)
    assert isinstance(module, torch.fx.GraphModule)
    inputs = tuple(node.name for node in module.graph.nodes if node.op == "placeholder")
    names = list(program.example_inputs[1])

    def feed(tensors: Tensors) -> list[torch.Tensor]:
        return [torch.from_numpy(tensors[name]) for name in names]

    values: dict[str, NDArray[Any]] = {}
    floors: dict[str, float] = {}

    def keep(name: str, value: torch.Tensor) -> None:
        values[name] = value.detach().numpy()

    def compare(name: str, value: torch.Tensor) -> None:
        if values[name].dtype.kind == "f":
            floors[name] = min(floors.get(name, SNR_CAP_DB), ratio(values[name], value.detach().numpy()))

    with torch.no_grad():
        _Watched(module, keep).go(feed(given))
        _Watched(module, compare).go(feed(moved))
        _Wide(module, compare).go([t.double() if t.is_floating_point() else t for t in feed(given)])
    variable: set[str] = set(inputs)
    nodes: dict[str, Node] = {}
    for node in module.graph.nodes:
        taken = _taken(node)
        if any(name in variable for name in taken):
            variable.add(node.name)
        if node.op == "call_function" and node.name in values:
            constant = node.name not in variable
            place, floor = places.get(node.name, ""), floors.get(node.name)
            nodes[node.name] = Node(node.name, _op(node), taken, place, constant, floor)
    (last,) = (node for node in module.graph.nodes if node.op == "output")
    leaves = torch.utils._pytree.tree_leaves(last.args)
    outputs = tuple(leaf.name for leaf in leaves if isinstance(leaf, torch.fx.Node))
    return Reference(module, nodes, values, inputs, outputs)


def ratio(wanted: NDArray[Any], got: NDArray[Any]) -> float:
    """Signal-to-noise in dB over what is finite in the first; NaN and infinities have to be in the same places."""
    want, have = wanted.astype(np.float64), got.astype(np.float64)
    special = ~np.isfinite(want)
    if special.any() or not np.isfinite(have).all():
        if not np.array_equal(want[special], have[special], equal_nan=True) or not np.isfinite(have[~special]).all():
            return -SNR_CAP_DB
        want, have = want[~special], have[~special]
    return snr_db(want, want - have)


def gives_tensor(node: torch.fx.Node) -> bool:
    """Whether a node is one that files can have: one tensor, and no complex one."""
    if node.op != "call_function":
        return True
    value = node.meta.get("val")
    return isinstance(value, torch.Tensor) and not value.is_complex()


def _op(node: torch.fx.Node) -> str:
    """The op; of a result that is picked from several, the op that gave them."""
    while not isinstance(node.target, torch._ops.OpOverload) and len(node.all_input_nodes) == 1:
        (node,) = node.all_input_nodes
    return str(node.target)


def _taken(node: torch.fx.Node) -> tuple[str, ...]:
    """What a node takes, through calls that do not give one real tensor."""
    found: list[str] = []
    for source in node.all_input_nodes:
        found += [source.name] if gives_tensor(source) else _taken(source)
    return tuple(dict.fromkeys(found))


class _Watched(torch.fx.Interpreter):
    """Runs a graph, and shows the tensor that each node gives."""

    def __init__(self, module: torch.fx.GraphModule, watch: Callable[[str, torch.Tensor], None]) -> None:
        super().__init__(module)
        self.watch = watch

    def go(self, inputs: list[torch.Tensor]) -> None:
        """One run."""
        self.run(*inputs, enable_io_processing=False)

    def run_node(self, n: torch.fx.Node) -> Any:
        value = super().run_node(n)
        if isinstance(value, torch.Tensor) and n.op in ("placeholder", "call_function") and gives_tensor(n):
            self.watch(n.name, value.float() if value.dtype == torch.bfloat16 else value)
        return value


class _Wide(_Watched):
    """The same at float64; what has no double runs at float32."""

    def get_attr(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return _cast(super().get_attr(target, args, kwargs), torch.float32, torch.float64)

    def call_function(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        wide_args, wide_kwargs = _cast((args, kwargs), torch.float32, torch.float64)
        try:
            return super().call_function(target, wide_args, wide_kwargs)
        except RuntimeError:
            args, kwargs = _cast((args, kwargs), torch.float64, torch.float32)
            return _cast(super().call_function(target, args, kwargs), torch.float32, torch.float64)


def _cast(value: Any, old: torch.dtype, new: torch.dtype) -> Any:
    """Tensors of a type, and the type itself where it is an argument, as another one."""

    def one(item: Any) -> Any:
        if isinstance(item, torch.Tensor):
            return item.to(new) if item.dtype == old else item
        return new if item is old else item

    return torch.utils._pytree.tree_map(one, value)
