"""Applies rewrites to an ExportedProgram, and checks on the spot that it still computes the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pkgutil import resolve_name
from typing import Any

import torch
from torch import nn
from torch.fx.traceback import preserve_node_meta
from torch.utils import _pytree as pytree

from deploykit.errors import DeploykitError
from deploykit.prepare.rewrites import REWRITES

LEAST_DB = 60.0
"""A rewrite is exact up to rounding; what is worse than this on the example inputs is another function."""


class RewriteError(DeploykitError):
    """A rewrite changed what the model computes."""


def rewrite(
    program: torch.export.ExportedProgram, names: Sequence[str]
) -> tuple[torch.export.ExportedProgram, tuple[str, ...]]:
    """The program with rewrites applied, and the names of those that it had a use for.

    The program is run node by node under `torch.export.export` again, each call of a listed op by its rewrite. Source
    lines survive, and constants that a rewrite makes are lifted as any other.

    Args:
        program: as torch.export gave it, with its example inputs.
        names: of `REWRITES`, in the order in which they get to see a call.

    Raises:
        RewriteError: if the result computes something else on the example inputs.
    """
    table: dict[str, list[str]] = {}
    for name in names:
        for op in REWRITES[name].ops:
            table.setdefault(op, []).append(name)
    if not table.keys() & set(_calls(program)):
        return program, ()
    module = _Rewritten(program, table)
    args, kwargs = program.example_inputs
    with torch.no_grad():
        result = torch.export.export(module, args, kwargs, strict=False)
    used = tuple(name for name in names if name in module.used)
    if not used:
        return program, ()
    _check(program, result, used)
    return result, used


class _Rewritten(nn.Module):
    """A program whose calls go through rewrites."""

    def __init__(self, program: torch.export.ExportedProgram, table: dict[str, list[str]]) -> None:
        super().__init__()
        self.network = program.module(check_guards=False)
        self.out_spec = program.call_spec.out_spec
        self.table = table
        self.used: set[str] = set()

    def forward(self, *args: torch.Tensor, **kwargs: torch.Tensor) -> Any:
        with preserve_node_meta():
            flat = _Interpreter(self).run(*args, *kwargs.values(), enable_io_processing=False)
        return pytree.tree_unflatten(flat, self.out_spec)


class _Interpreter(torch.fx.Interpreter):
    def __init__(self, rewritten: _Rewritten) -> None:
        super().__init__(rewritten.network, graph=rewritten.network.graph)
        self.table, self.used = rewritten.table, rewritten.used

    def call_function(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        for name in self.table.get(str(target), ()):
            function: Callable[..., Any] = resolve_name(REWRITES[name].where.format(op=str(target).split(".")[1]))
            result = function(*args, **kwargs)
            if result is not NotImplemented:
                self.used.add(name)
                return result
        return super().call_function(target, args, kwargs)


def _calls(program: torch.export.ExportedProgram) -> Iterator[str]:
    """The overloads that a program and the graphs within it call."""
    for module in program.graph_module.modules():
        if isinstance(module, torch.fx.GraphModule):
            yield from (str(node.target) for node in module.graph.nodes if node.op == "call_function")


def _check(before: torch.export.ExportedProgram, after: torch.export.ExportedProgram, used: Sequence[str]) -> None:
    args, kwargs = before.example_inputs
    with torch.no_grad():
        expected, got = (pytree.tree_leaves(p.module(check_guards=False)(*args, **kwargs)) for p in (before, after))
    for index, (wanted, value) in enumerate(zip(expected, got, strict=True)):
        what = f"after {', '.join(used)}, output {index}"
        if wanted.shape != value.shape or wanted.dtype != value.dtype:
            raise RewriteError(f"{what} is {value.dtype} {list(value.shape)}, was {wanted.dtype} {list(wanted.shape)}")
        signal, noise = wanted.double().square().sum().item(), (wanted.double() - value).square().sum().item()
        if math.isfinite(signal) and not noise <= signal * 10 ** (-LEAST_DB / 10):
            raise RewriteError(f"{what} is off: signal {signal:.3g}, noise {noise:.3g}")
