"""Matrix products."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from deploykit.backends.coreml.reference.ops import narrow
from deploykit.backends.coreml.reference.ops.arguments import Arguments
from deploykit.backends.coreml.reference.ops.limits import bounded, bounded_broadcast


def linear(a: Arguments) -> torch.Tensor:
    """Gives x @ weightᵀ + bias; x […, I], weight [O, I], bias [O]. [iOS15.linear.linear].

    Since iOS 17 x, or weight and bias, may be of integers.
    """
    x, weight = _alike(a.tensor("x"), a.tensor("weight"))
    bias = a.tensor("bias").to(x.dtype) if a.has("bias") else None
    bounded(a.op, (*x.shape[:-1], weight.shape[0]))
    if a.narrow and x.ndim > 1:
        y = narrow.product(x, weight.T)
        return y if bias is None else y + bias
    return F.linear(x, weight, bias)


def matmul(a: Arguments) -> torch.Tensor:
    """Gives x @ y, each transposed in its last two axes on request; batch axes broadcast. [iOS15.linear.matmul].

    Since iOS 17 one of them may be of integers.
    """
    x, y = _alike(a.tensor("x"), a.tensor("y"))
    if a.flag("transpose_x", False):
        x = x.transpose(-1, -2)
    if a.flag("transpose_y", False):
        y = y.transpose(-1, -2)
    if x.ndim > 1 and y.ndim > 1:
        bounded(a.op, (*bounded_broadcast(a.op, x.shape[:-2], y.shape[:-2]), x.shape[-2], y.shape[-1]))
        if a.narrow:
            return narrow.product(x, y)
    return torch.matmul(x, y)


def _alike(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    common = torch.promote_types(x.dtype, y.dtype)
    return x.to(common), y.to(common)


def einsum(a: Arguments) -> torch.Tensor:
    """Sum of products by an equation of two operands. [iOS15.linear.einsum]."""
    equation, values = a.text("equation"), a.tensors("values")
    if a.narrow and len(values) == 2:
        return narrow.einsum(equation, *values)
    result: torch.Tensor = torch.einsum(equation, *values)
    return result


def scaled_dot_product_attention(a: Arguments) -> torch.Tensor:
    """softmax(q @ kᵀ / √E + mask) @ v; a boolean mask keeps where true. [iOS18.transformers]."""
    query, mask = a.tensor("query"), a.optional("attn_mask")
    bounded(a.op, (*query.shape[:-1], a.tensor("key").shape[-2]))
    scores = query @ a.tensor("key").transpose(-1, -2) / math.sqrt(query.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf) if mask.dtype == torch.bool else scores + mask
    return torch.softmax(scores, -1) @ a.tensor("value")
