"""Single ops between reshapes: other shapes of what they take, and their own shape again of what they give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import fx


def between_reshapes(
    module: fx.GraphModule,
    wanted: Callable[[fx.Node, set[fx.Node]], bool],
    other: Callable[[Sequence[Any], fx.Node], list[Any] | None],
) -> bool:
    """Puts some ops between reshapes, in place; tells whether there was any.

    Args:
        module: of torch.export, its parameters and buffers as attributes.
        wanted: whether an op is to be; given with it are all nodes so far that depend on an input.
        other: an operand's new shape, of its shape and the op; None leaves it.
    """
    graph = module.graph
    variable: set[fx.Node] = set()
    found = []
    for node in graph.nodes:
        if node.op == "placeholder" or any(given in variable for given in node.all_input_nodes):
            variable.add(node)
            if wanted(node, variable):
                found.append(node)
    for node in found:
        shape = list(shape_of(node))
        with graph.inserting_before(node):
            node.args = tuple(_operand(graph, given, other, node) for given in node.args)
        with graph.inserting_after(node):
            back = graph.call_function(torch.ops.aten.reshape.default, (node, shape))
        back.meta = dict(node.meta)
        node.replace_all_uses_with(back, delete_user_cb=lambda user, back=back: user is not back)
    module.recompile()
    return bool(found)


def is_pointwise(node: fx.Node) -> bool:
    """Whether it computes each element from the same elements of what it takes."""
    return isinstance(node.target, torch._ops.OpOverload) and torch.Tag.pointwise in node.target.tags


def combines_two(node: fx.Node) -> bool:
    """Whether it is pointwise, of two tensors, and changes neither."""
    mutable = isinstance(node.target, torch._ops.OpOverload) and node.target._schema.is_mutable
    return is_pointwise(node) and not mutable and not node.kwargs and len(node.all_input_nodes) == 2


def shape_of(node: fx.Node) -> Sequence[Any]:
    """Of a tensor; empty for anything else."""
    value = node.meta.get("val")
    return tuple(value.shape) if isinstance(value, torch.Tensor) else ()


def _operand(
    graph: fx.Graph, given: Any, other: Callable[[Sequence[Any], fx.Node], list[Any] | None], node: fx.Node
) -> Any:
    shape = other(shape_of(given), node) if isinstance(given, fx.Node) and shape_of(given) else None
    if shape is None:
        return given
    made = graph.call_function(torch.ops.aten.reshape.default, (given, shape))
    made.meta = dict(given.meta)
    return made
