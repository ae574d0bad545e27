"""Applies rewrites to an ExportedProgram, and checks on the spot that it still computes the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pkgutil import resolve_name
from typing import Any

import torch
from torch import nn
from torch._dynamo.exc import UserError
from torch.fx.traceback import preserve_node_meta
from torch.utils import _pytree as pytree

from deploykit.dynamic import open_axes, open_outputs, without_guards
from deploykit.errors import DeploykitError
from deploykit.prepare.agreement import energies
from deploykit.prepare.rewrites import REWRITES
from deploykit.prepare.rewrites.tall import Tall, at_most, is_tall, whole

LEAST_DB = 60.0
"""A rewrite is exact up to rounding; what is worse than this on the example inputs is another function."""

READS = {"aten.item.default", "aten._local_scalar_dense.default"}
"""They make of a value a number that no converter knows."""

FLATTENED = "deploykit_shape"
"""The shape of an attribute that is kept flat, in the metadata of the node that gets it."""


class RewriteError(DeploykitError):
    """A rewrite changed what the model computes."""


class UselessError(RewriteError):
    """Rewrites that are better left out."""

    def __init__(self, names: Sequence[str], what: str) -> None:
        super().__init__(f"after {', '.join(names)}, {what}")
        self.names = tuple(names)


def rewrite(
    program: torch.export.ExportedProgram, names: Sequence[str]
) -> tuple[torch.export.ExportedProgram, tuple[str, ...]]:
    """The program with rewrites applied, and the names of those that it had a use for.

    Rewrites of the graph come first. Then the program is run node by node under `torch.export.export` again, each call
    of a listed op by its rewrite; once more for those of kind `rank`, and once for those of kind `last`. Source lines
    survive, and constants that a rewrite makes are lifted as any other.

    Where the program's sizes are known at run time only, rewrites that need them in numbers (a table of places, weights
    of a matrix) are left out: what the converter makes of the op itself is measured. So are those of kind `rank` with
    `or_none` where some op between the inputs and the outputs needs a tensor of higher rank.

    Args:
        program: as torch.export gave it, with its example inputs.
        names: of `REWRITES`, in the order in which they get to see a call.

    Raises:
        RewriteError: if the result computes something else on the example inputs.
    """
    used: set[str] = set()
    # What the first ones make of an op may have a high rank, too, and what either makes may be a choice.
    for kinds in (("op", "graph"), ("rank",), ("last",)):
        left = [name for name in names if REWRITES[name].kind in kinds]
        while True:
            try:
                program, found = _rewrite(program, left)
            except UselessError as error:
                print(f"left out: {error}")
                left = [name for name in left if name not in error.names]
            else:
                used |= set(found)
                break
    return program, tuple(name for name in names if name in used)


def _rewrite(
    program: torch.export.ExportedProgram, names: Sequence[str]
) -> tuple[torch.export.ExportedProgram, tuple[str, ...]]:
    """The program with these rewrites applied.

    Raises:
        RewriteError: if the result computes something else on the example inputs.
        UselessError: if a size that was open is fixed in it, or tensors of high rank are left.
    """
    kinds = ("op", "rank", "graph", "last")
    by_kind = {kind: [name for name in names if REWRITES[name].kind == kind] for kind in kinds}
    tall = [name for name in by_kind["rank"] if any(_tall(program.graph.nodes, REWRITES[name].rank))]
    before = program.run_decompositions({}) if tall else program  # without ops that write to what a `Tall` stands for
    module = before.module(check_guards=False)
    assert isinstance(module, torch.fx.GraphModule)
    graph_used = {name for name in by_kind["graph"] if _function(name)(module)}
    for name in tall:
        with at_most(REWRITES[name].rank):
            _flatten_attributes(module)
    table: dict[str, list[str]] = {}
    for name in (*by_kind["op"], *by_kind["last"]):
        for op in REWRITES[name].ops:
            table.setdefault(op, []).append(name)
    if not (graph_used or tall or table.keys() & set(_calls(program))):
        return program, ()
    rewritten = _Rewritten(module, before.call_spec.out_spec, table, tall)
    args, kwargs = program.example_inputs
    open_ = open_axes(program)
    shapes: dict[str, Any] = {"args": tuple(open_[: len(args)])} if args else {}
    shapes |= {"kwargs": dict(zip(kwargs, open_[len(args) :], strict=True))} if kwargs else {}
    try:
        with torch.no_grad():
            result = torch.export.export(
                rewritten, args, kwargs, dynamic_shapes=shapes if any(open_) else None, strict=False
            )
    except UserError as error:
        if not rewritten.fixed:
            raise
        fixed = [name for name in names if name in rewritten.fixed]
        raise UselessError(fixed, f"a size that was open is fixed: {str(error).splitlines()[0]}") from error
    for name in tall:
        if REWRITES[name].or_none and any(left := _tall(_inner(result), REWRITES[name].rank)):
            raise UselessError([name], f"tensors of rank {max(left)} are left")
    result = without_guards(result) if any(open_) else result
    used = tuple(name for name in names if name in rewritten.used | graph_used)
    if not used:
        return program, ()
    _check(program, result, used)
    return result, used


def _tall(nodes: Iterable[torch.fx.Node], most: int) -> list[int]:
    """The ranks above a limit that nodes give."""
    values = (leaf for node in nodes for leaf in pytree.tree_leaves(node.meta.get("val")))
    return [value.dim() for value in values if isinstance(value, torch.Tensor) and value.dim() > most]


def _inner(program: torch.export.ExportedProgram) -> list[torch.fx.Node]:
    """The nodes between a program's inputs, parameters and outputs."""
    border = {program.graph.output_node(), *program.graph.output_node().all_input_nodes}
    return [node for node in program.graph.nodes if node.op == "call_function" and node not in border]


class _Rewritten(nn.Module):
    """A program whose calls go through rewrites."""

    def __init__(
        self, network: torch.fx.GraphModule, out_spec: pytree.TreeSpec, table: dict[str, list[str]], tall: list[str]
    ) -> None:
        super().__init__()
        self.network = network
        self.out_spec = out_spec
        self.table, self.tall = table, tall
        self.used: set[str] = set()
        self.fixed: set[str] = set()
        """Those in which an open size became a number."""

    def forward(self, *args: torch.Tensor, **kwargs: torch.Tensor) -> Any:
        with preserve_node_meta():
            flat = _Interpreter(self).run(*args, *kwargs.values(), enable_io_processing=False)
        return pytree.tree_unflatten(whole(flat), self.out_spec)


class _Interpreter(torch.fx.Interpreter):
    def __init__(self, rewritten: _Rewritten) -> None:
        super().__init__(rewritten.network, graph=rewritten.network.graph)
        self.table, self.used, self.fixed = rewritten.table, rewritten.used, rewritten.fixed
        self.sizes: Any = None
        self.tall = {name: _function(name) for name in rewritten.tall}
        self.example: Any = None

    def run_node(self, n: torch.fx.Node) -> Any:
        self.example = n.meta.get("val")
        value = super().run_node(n)
        return Tall(value, n.meta[FLATTENED]) if FLATTENED in n.meta else value

    def call_function(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        for name, function in self.tall.items():
            with at_most(REWRITES[name].rank):
                result = function(target, args, kwargs, self.example)
            if result is not NotImplemented:
                self.used.add(name)
                return result
        for name in self.table.get(str(target), ()):
            before = self._numbers()
            result = _function(name, str(target))(*args, **kwargs)
            self.fixed |= {name} if self._numbers() > before else set()
            if result is not NotImplemented:
                self.used.add(name)
                return result
        if target is torch.ops.aten.view.default:  # a rewrite's result may lie otherwise in memory
            target = torch.ops.aten.reshape.default
        return super().call_function(target, args, kwargs)

    def placeholder(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        value = super().placeholder(target, args, kwargs)
        for size in value.shape if isinstance(value, torch.Tensor) else ():
            if isinstance(size, torch.SymInt):
                self.sizes = size.node.shape_env
        return value

    def _numbers(self) -> int:
        """How many of the open sizes have become numbers by now."""
        return 0 if self.sizes is None else sum(term.is_number for term in self.sizes.replacements.values())


def _flatten_attributes(module: torch.fx.GraphModule) -> None:
    """Parameters of high rank as rows: an exported program has them whole, whatever is done with them."""
    for node in [n for n in module.graph.nodes if n.op == "get_attr"]:
        owner_path, _, name = str(node.target).rpartition(".")
        owner = module.get_submodule(owner_path)
        value = getattr(owner, name)
        if is_tall(value):
            delattr(owner, name)
            setattr(owner, name, _Flat(tuple(value.shape), value.detach().reshape(-1)))
    for node in [n for n in module.graph.nodes if n.op == "get_attr"]:
        owner_path, _, name = str(node.target).rpartition(".")
        flat = getattr(module.get_submodule(owner_path), name)
        if isinstance(flat, _Flat):
            node.target, node.meta[FLATTENED] = f"{node.target}.rows", flat.shape


class _Flat(nn.Module):
    """The elements of a tensor of high rank."""

    rows: torch.Tensor

    def __init__(self, shape: tuple[int, ...], rows: torch.Tensor) -> None:
        super().__init__()
        self.shape = shape
        self.register_buffer("rows", rows)


def _function(name: str, op: str = "") -> Callable[..., Any]:
    found = resolve_name(REWRITES[name].where)
    function: Callable[..., Any] = found[op] if isinstance(found, dict) else found
    return function


def _calls(program: torch.export.ExportedProgram) -> Iterator[str]:
    """The overloads that a program and the graphs within it call."""
    for module in program.graph_module.modules():
        if isinstance(module, torch.fx.GraphModule):
            yield from (str(node.target) for node in module.graph.nodes if node.op == "call_function")


def _check(before: torch.export.ExportedProgram, after: torch.export.ExportedProgram, used: Sequence[str]) -> None:
    fixed = [
        f"input {index} on axis {axis}"
        for index, (was, now) in enumerate(zip(open_axes(before), open_axes(after), strict=True))
        for axis in was.keys() - now.keys()
    ]
    fixed += [
        f"output {index} on axis {axis}"
        for index, (was, now) in enumerate(zip(open_outputs(before), open_outputs(after), strict=True))
        for axis in sorted(set(was) - set(now))
    ]
    if fixed:
        raise UselessError(used, f"a size that was open is fixed: {', '.join(fixed)}")
    if read := (set(_calls(after)) - set(_calls(before))) & READS:  # a constant was looked at while it was traced
        raise RewriteError(f"after {', '.join(used)}, the program reads a tensor's value: {', '.join(sorted(read))}")
    args, kwargs = before.example_inputs
    with torch.no_grad():
        expected, got = (pytree.tree_leaves(p.module(check_guards=False)(*args, **kwargs)) for p in (before, after))
    for index, (wanted, value) in enumerate(zip(expected, got, strict=True)):
        what = f"after {', '.join(used)}, output {index}"
        if wanted.shape != value.shape or wanted.dtype != value.dtype:
            raise RewriteError(f"{what} is {value.dtype} {list(value.shape)}, was {wanted.dtype} {list(wanted.shape)}")
        signal, noise = energies(wanted, value)
        if not noise <= signal * 10 ** (-LEAST_DB / 10):  # noise that is no number is no agreement
            raise RewriteError(f"{what} is off: signal {signal:.3g}, noise {noise:.3g}")
