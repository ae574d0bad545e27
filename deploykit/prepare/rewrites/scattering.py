"""Scatters in terms of sums."""

from __future__ import annotations

from typing import Any

import torch

Tensor = torch.Tensor


def added(x: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True) -> Any:
    """`aten.scatter_reduce` of sums, and of means, which are sums over counts.

    Args:
        x: what is scattered into.
        dim: along which axis.
        index: where each value of `src` goes.
        src: what is scattered.
        reduce: what becomes of values that go to one place; others than "sum" and "mean" are left alone.
        include_self: whether x is one of those values.
    """
    if reduce not in ("sum", "mean") or not x.is_floating_point():
        return NotImplemented
    start, one = (x, torch.ones_like(x)) if include_self else (torch.zeros_like(x), torch.zeros_like(x))
    sums = start.scatter_add(dim, index, src)
    if include_self and reduce == "sum":
        return sums
    counts = one.scatter_add(dim, index, torch.ones_like(src))
    if include_self:
        return sums / counts
    if reduce == "sum":
        return torch.where(counts > 0, sums, x)
    return torch.where(counts > 0, sums / torch.clamp(counts, min=1), x)
