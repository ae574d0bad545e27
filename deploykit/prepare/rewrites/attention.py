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
    batch = torch.broadcast_shapes(query.shape[:-2], k.shape[:-2], v.shape[:-2])
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
