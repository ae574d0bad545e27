"""Matrix products."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from deploykit.backends.coreml.reference.ops.arguments import Arguments


def linear(a: Arguments) -> torch.Tensor:
    """Gives x @ weightᵀ + bias; x […, I], weight [O, I], bias [O]. [iOS15.linear.linear]."""
    return F.linear(a.tensor("x"), a.tensor("weight"), a.optional("bias"))


def matmul(a: Arguments) -> torch.Tensor:
    """Gives x @ y, each transposed in its last two axes on request; batch axes broadcast. [iOS15.linear.matmul]."""
    x, y = a.tensor("x"), a.tensor("y")
    if a.flag("transpose_x", False):
        x = x.transpose(-1, -2)
    if a.flag("transpose_y", False):
        y = y.transpose(-1, -2)
    return torch.matmul(x, y)


def einsum(a: Arguments) -> torch.Tensor:
    """Sum of products by an equation of two operands. [iOS15.linear.einsum]."""
    result: torch.Tensor = torch.einsum(a.text("equation"), *a.tensors("values"))
    return result


def scaled_dot_product_attention(a: Arguments) -> torch.Tensor:
    """softmax(q @ kᵀ / √E + mask) @ v; a boolean mask keeps where true. [iOS18.transformers]."""
    query, mask = a.tensor("query"), a.optional("attn_mask")
    scores = query @ a.tensor("key").transpose(-1, -2) / math.sqrt(query.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf) if mask.dtype == torch.bool else scores + mask
    return torch.softmax(scores, -1) @ a.tensor("value")
