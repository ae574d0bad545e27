"""Attention whose key or value is broadcast over heads or batch."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

from deploykit.prepare.rewrites.broadcasting import written_out


def broadcast(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None = None,
    dropout: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    """`aten.scaled_dot_product_attention` with key and value copied for every head that reads them.

    Args:
        query: [..., L, E].
        key: [..., S, E], any batch axes that can be broadcast.
        value: [..., S, Ev], likewise.
        mask: as of the op.
        dropout: as of the op.
        is_causal: as of the op.
        scale: as of the op.
        enable_gqa: whether each head of key and value serves a group of neighbouring heads of the query.
    """
    if dropout:
        return NotImplemented
    k, v = key, value
    if enable_gqa:
        k, v = (_each_head(x, query.shape[-3]) for x in (key, value))
    batch = torch.broadcast_shapes(query.shape[:-2], k.shape[:-2], v.shape[:-2])  # type: ignore[no-untyped-call]  # torch gives it no types
    q, k, v = (written_out(x, batch) for x in (query, k, v))
    if q is query and k is key and v is value:
        return NotImplemented
    return F.scaled_dot_product_attention(q, k, v, mask, 0.0, is_causal, scale=scale)


def _each_head(x: torch.Tensor, heads: int) -> torch.Tensor:
    times = heads // x.shape[-3]
    if times == 1:
        return x
    places = [head // times for head in range(heads)]
    return x.index_select(x.dim() - 3, torch.tensor(places, device=x.device))


def four_axes(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None = None,
    dropout: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    """`aten.scaled_dot_product_attention` of tensors with three or more than four axes, as of [N, heads, L, E].

    Args:
        query: [..., L, E].
        key: [..., S, E], with the same batch axes.
        value: [..., S, Ev], likewise.
        mask: as of the op.
        dropout: as of the op.
        is_causal: as of the op.
        scale: as of the op.
        enable_gqa: as of the op.
    """
    batch = query.shape[:-2]
    if query.dim() in (2, 4) or enable_gqa or dropout or not key.shape[:-2] == value.shape[:-2] == batch:
        return NotImplemented
    count = batch.numel()
    if mask is not None and mask.dim() > 2:
        mask = mask.expand(*batch, *mask.shape[-2:]).reshape(1, count, *mask.shape[-2:])
    q, k, v = (x.reshape(1, count, *x.shape[-2:]) for x in (query, key, value))
    made = F.scaled_dot_product_attention(q, k, v, mask, 0.0, is_causal, scale=scale)
    return made.reshape(*batch, *made.shape[-2:])


def strides(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None = None,
    dropout: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    """`aten.scaled_dot_product_attention` whose result lies in memory as PyTorch's own kernel leaves it.

    The kernels differ in this, and a view that is right after one of them fails after another.
    """
    options: dict[str, Any] = {"scale": scale, "enable_gqa": enable_gqa}
    made = F.scaled_dot_product_attention(query, key, value, mask, dropout, is_causal, **options)
    order = sorted(range(made.dim()), key=made.stride, reverse=True)
    back = [order.index(axis) for axis in range(made.dim())]
    return made.permute(order).clone(memory_format=torch.contiguous_format).permute(back)
