"""A constant with a table for each head, added to a product of matrices, with the heads as the first axis.

litert-torch computes a product [1, h, n, m] as [h, n, m], and its optimiser leaves the way back to rank 4 out before an
op with a constant [1, h, n, m]. LiteRT's GPU engine (ai-edge-litert 2.3) computes such an op wrong, and the file counts
as fully accelerated: the biases of attention in LeViT, EfficientFormer, TinyViT and MaxViT. With both at [h, 1, n, m]
no reshape can be left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import fx

_ATEN = torch.ops.aten
PRODUCTS = (_ATEN.matmul.default, _ATEN.bmm.default, _ATEN.einsum.default)
VIEWS = (_ATEN.view.default, _ATEN.reshape.default, _ATEN._unsafe_view.default, _ATEN.clone.default)
ATTENTION = _ATEN.scaled_dot_product_attention.default
"""Has its mask as the fourth argument."""


def first(module: fx.GraphModule) -> bool:
    """Puts such ops between reshapes of [1, h, …] to [h, 1, …] and back, in place; tells whether there was any.

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
        shape = list(node.meta["val"].shape)
        with graph.inserting_before(node):
            node.args = tuple(_turned(graph, given) for given in node.args)
        with graph.inserting_after(node):
            back = graph.call_function(_ATEN.reshape.default, (node, shape))
        back.meta = dict(node.meta)
        node.replace_all_uses_with(back, delete_user_cb=lambda user, back=back: user is not back)
    module.recompile()
    return bool(found)


def _is_wrong(node: fx.Node, variable: set[fx.Node]) -> bool:
    """Whether it is an op of one picture's product and a constant that has a table for each head."""
    value = node.meta.get("val")
    if not isinstance(value, torch.Tensor) or value.dim() != 4 or value.shape[0] != 1:
        return False
    if not all(isinstance(size, int) for given in node.all_input_nodes for size in _shape(given)):
        return False
    if any(len(_shape(given)) == 4 and _shape(given)[0] != 1 for given in node.all_input_nodes):
        return False
    if node.target is ATTENTION:
        mask = node.args[3] if len(node.args) > 3 else None
        return isinstance(mask, fx.Node) and mask not in variable and _has_heads(mask) and not _grouped(node)
    if not isinstance(node.target, torch._ops.OpOverload) or torch.Tag.pointwise not in node.target.tags:
        return False
    if node.target._schema.is_mutable or node.kwargs or len(node.all_input_nodes) != 2:
        return False
    constants = [given for given in node.all_input_nodes if given not in variable]
    products = [given for given in node.all_input_nodes if _is_product(given, variable)]
    return len(constants) == 1 and len(products) == 1 and _has_heads(constants[0])


def _is_product(node: fx.Node, variable: set[fx.Node]) -> bool:
    """Whether it is a product of matrices of rank 4, with nothing but arithmetic and views behind it."""
    while node in variable and node.target not in PRODUCTS:
        given = [one for one in node.all_input_nodes if one in variable]
        pointwise = isinstance(node.target, torch._ops.OpOverload) and torch.Tag.pointwise in node.target.tags
        if len(given) != 1 or not (pointwise or node.target in VIEWS):
            return False
        node = given[0]
    return node.target in PRODUCTS


def _grouped(node: fx.Node) -> bool:
    """Whether heads share keys, so that the axis of heads cannot be moved."""
    heads = {_shape(given)[1] for given in node.all_input_nodes[:3] if len(_shape(given)) == 4}
    return len(heads) != 1 or bool(node.kwargs.get("enable_gqa"))


def _has_heads(node: fx.Node) -> bool:
    shape = _shape(node)
    return len(shape) in (3, 4) and shape[-3] != 1


def _turned(graph: fx.Graph, given: Any) -> Any:
    """An operand [h, …] or [1, h, …] as [h, 1, …]; those without heads can be broadcast as they are."""
    if not isinstance(given, fx.Node) or len(_shape(given)) < 3:
        return given
    heads, *rest = _shape(given)[-3:]
    made = graph.call_function(_ATEN.reshape.default, (given, [heads, 1, *rest]))
    made.meta = dict(given.meta)
    return made


def _shape(node: fx.Node) -> Sequence[Any]:
    value = node.meta.get("val")
    return tuple(value.shape) if isinstance(value, torch.Tensor) else ()
