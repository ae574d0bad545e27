"""Arithmetic with a constant along the first axis of a matrix or a cube, at rank 4.

LiteRT's GPU engine (ai-edge-litert 2.3) reads a constant of rank 2 or 3 as if it had one row: every other row is
computed with the first one's values, and the file counts as fully accelerated. Boxes with a table of anchors, or a
picture without a batch less its mean, come out wrong without a word. Of rank 4 it reads them right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import fx

RANKS = (2, 3)


def at_rank_four(module: fx.GraphModule) -> bool:
    """Puts such ops between two reshapes, in place; tells whether there was any.

    Args:
        module: of torch.export, its parameters and buffers as attributes.
    """
    graph = module.graph
    variable: set[fx.Node] = set()
    found = []
    for node in graph.nodes:
        if node.op == "placeholder" or any(given in variable for given in node.all_input_nodes):
            variable.add(node)
            if _is_wrong(node, variable):
                found.append(node)
    for node in found:
        shape = tuple(node.meta["val"].shape)
        with graph.inserting_before(node):
            node.args = tuple(_reshaped(graph, given, len(shape)) for given in node.args)
        with graph.inserting_after(node):
            back = graph.call_function(torch.ops.aten.reshape.default, (node, list(shape)))
        back.meta = dict(node.meta)
        node.replace_all_uses_with(back, delete_user_cb=lambda user, back=back: user is not back)
    module.recompile()
    return bool(found)


def _is_wrong(node: fx.Node, variable: set[fx.Node]) -> bool:
    """Whether it is an op of an input and a constant of rank 2 or 3 with more than one row."""
    if not isinstance(node.target, torch._ops.OpOverload) or torch.Tag.pointwise not in node.target.tags:
        return False
    if node.target._schema.is_mutable or node.kwargs:
        return False
    value, given = node.meta.get("val"), node.all_input_nodes
    if not isinstance(value, torch.Tensor) or value.dim() not in RANKS or len(given) != 2:
        return False
    constants = [_shape(one) for one in given if one not in variable]
    return any(len(shape) == value.dim() and shape[0] != 1 for shape in constants) and all(
        isinstance(size, int) for size in value.shape
    )


def _reshaped(graph: fx.Graph, given: Any, rank: int) -> Any:
    """An operand at rank 4: rows first, then an axis of one."""
    if not isinstance(given, fx.Node) or not _shape(given):
        return given
    shape = (1,) * (rank - len(_shape(given))) + tuple(_shape(given))
    made = graph.call_function(torch.ops.aten.reshape.default, (given, _wide(shape)))
    made.meta = dict(given.meta)
    return made


def _wide(shape: Sequence[int]) -> list[int]:
    """[n, k] → [n, 1, 1, k], [n, h, k] → [n, 1, h, k]."""
    return [shape[0], *[1] * (4 - len(shape)), *shape[1:]]


def _shape(node: fx.Node) -> Sequence[int]:
    value = node.meta.get("val")
    return tuple(value.shape) if isinstance(value, torch.Tensor) else ()
