"""A constant added to a product of matrices of several heads, with the heads as the first axis.

litert-torch computes a product [1, h, n, m] as [h, n, m], and its optimiser leaves the way back to rank 4 out before an
op with a constant, which it writes as one of rank 4. LiteRT's GPU engine (ai-edge-litert 2.3) computes such an op wrong
unless the constant is a single number, and the file counts as fully accelerated: the biases of attention in LeViT,
EfficientFormer, TinyViT and MaxViT, and the mask of any language model. With the product at [h, 1, n, m] no reshape can
be left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import fx

from deploykit.prepare.rewrites.reshaped import between_reshapes, combines_two, is_pointwise, shape_of

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
    return between_reshapes(module, _is_wrong, _turned)


def _is_wrong(node: fx.Node, variable: set[fx.Node]) -> bool:
    """Whether it is an op of one picture's product and a constant of more than one number."""
    if len(shape_of(node)) != 4 or shape_of(node)[0] != 1 or shape_of(node)[1] == 1:
        return False
    if not all(isinstance(size, int) for given in node.all_input_nodes for size in shape_of(given)):
        return False
    if any(len(shape_of(given)) == 4 and shape_of(given)[0] != 1 for given in node.all_input_nodes):
        return False
    if node.target is ATTENTION:
        mask = node.args[3] if len(node.args) > 3 else None
        return isinstance(mask, fx.Node) and mask not in variable and _is_tensor(mask) and not _grouped(node)
    if not combines_two(node):
        return False
    constants = [given for given in node.all_input_nodes if given not in variable]
    products = [given for given in node.all_input_nodes if _is_product(given, variable)]
    return len(constants) == 1 and len(products) == 1 and _is_tensor(constants[0])


def _is_product(node: fx.Node, variable: set[fx.Node]) -> bool:
    """Whether it is a product of matrices of rank 4, with nothing but arithmetic and views behind it.

    One with a single matrix for all heads is a dense layer, which keeps its rank.
    """
    while node in variable and node.target not in PRODUCTS:
        given = [one for one in node.all_input_nodes if one in variable]
        if len(given) != 1 or not (is_pointwise(node) or node.target in VIEWS):
            return False
        node = given[0]
    return node.target in PRODUCTS and all(len(shape_of(given)) > 2 for given in node.all_input_nodes)


def _grouped(node: fx.Node) -> bool:
    """Whether heads share keys, so that the axis of heads cannot be moved."""
    heads = {shape_of(given)[1] for given in node.all_input_nodes[:3] if len(shape_of(given)) == 4}
    return len(heads) != 1 or bool(node.kwargs.get("enable_gqa"))


def _is_tensor(node: fx.Node) -> bool:
    return any(size != 1 for size in shape_of(node))


def _turned(shape: Sequence[Any], node: fx.Node) -> list[Any] | None:
    """[h, …] or [1, h, …] → [h, 1, …]; what has no heads can be broadcast as it is."""
    return [shape[-3], 1, *shape[-2:]] if len(shape) > 2 else None
