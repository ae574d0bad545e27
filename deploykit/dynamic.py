"""Exported programs whose sizes are known at run time only: which those are, and the same program at one size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.export import Dim


def open_axes(program: torch.export.ExportedProgram) -> list[dict[int, Any]]:
    """Of each input, the sizes that are known at run time only, as `dynamic_shapes` of torch.export wants them."""
    values = {node.name: node.meta["val"] for node in program.graph.find_nodes(op="placeholder")}
    return [_open_axes(values[name], program.range_constraints) for name in program.graph_signature.user_inputs]


def _open_axes(value: Any, ranges: Mapping[Any, Any]) -> dict[int, Any]:
    sizes = value.shape if isinstance(value, torch.Tensor) else ()
    terms = {axis: _term(size) for axis, size in enumerate(sizes) if isinstance(size, torch.SymInt)}
    bounds = {axis: ranges[term] for axis, term in terms.items()}
    return {axis: Dim.DYNAMIC(min=int(bound.lower), max=int(bound.upper)) for axis, bound in bounds.items()}


def open_outputs(program: torch.export.ExportedProgram) -> list[tuple[int, ...]]:
    """Of each output, the axes whose size is known at run time only."""
    (output,) = program.graph.find_nodes(op="output")
    values = [node.meta.get("val") if isinstance(node, torch.fx.Node) else None for node in output.args[0]]
    return [
        tuple(axis for axis, size in enumerate(value.shape) if isinstance(size, torch.SymInt))
        if isinstance(value, torch.Tensor)
        else ()
        for value in values
    ]


def without_guards(program: torch.export.ExportedProgram) -> torch.export.ExportedProgram:
    """The program without what it asks of its sizes beyond their range.

    torch writes these guards for a module with `forward(**tensors)` in names that the program itself does not know, and
    dies of them in `run_decompositions`. What an artifact makes of a size is measured.
    """
    program._guards_code.clear()
    for node in program.graph.find_nodes(op="placeholder"):
        value = node.meta.get("val")
        for size in value.shape if isinstance(value, torch.Tensor) else ():
            if isinstance(size, torch.SymInt):
                size.node.shape_env.guards.clear()
    return program


def at_sizes(program: torch.export.ExportedProgram, example: dict[str, torch.Tensor]) -> torch.export.ExportedProgram:
    """The same program for one set of sizes, which are numbers in it.

    Args:
        program: with keyword inputs only.
        example: inputs of these sizes.
    """
    with torch.no_grad():
        return torch.export.export(program.module(check_guards=False), (), example, strict=False)


def _term(size: Any) -> Any:
    return size.node.expr
