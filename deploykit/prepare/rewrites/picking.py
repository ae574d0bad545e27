"""Picking elements by place."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

Tensor = torch.Tensor


def gather(x: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Any:
    """`aten.gather` by an index that is smaller than x on other axes too: from that part of x."""
    dim %= max(x.dim(), 1)
    part = x
    for axis, size in enumerate(index.shape):
        part = part if axis == dim or size == part.shape[axis] else part.narrow(axis, 0, size)
    return NotImplemented if part is x else part.gather(dim, index)


def diagonal(x: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """`aten.diagonal`: every so manyth element of both axes laid out in a row."""
    dims = (dim1 % x.dim(), dim2 % x.dim())
    plane = x.permute(*(d for d in range(x.dim()) if d not in dims), *dims)
    height, width = plane.shape[-2:]
    count = max(0, min(height - max(0, -offset), width - max(0, offset)))
    start = max(0, offset) + max(0, -offset) * width
    row = plane.reshape(*plane.shape[:-2], height * width)
    return row[..., start : start + max(0, count - 1) * (width + 1) + (count > 0) : width + 1]


def pixel_shuffle(x: Tensor, factor: int) -> Any:
    """`aten.pixel_shuffle` of other ranks than 4: [..., C·r², H, W] → [..., C, H·r, W·r]."""
    return _of_four_axes(F.pixel_shuffle, x, factor)


def pixel_unshuffle(x: Tensor, factor: int) -> Any:
    """`aten.pixel_unshuffle` of other ranks than 4: [..., C, H·r, W·r] → [..., C·r², H, W]."""
    return _of_four_axes(F.pixel_unshuffle, x, factor)


def _of_four_axes(function: Any, x: Tensor, factor: int) -> Any:
    if x.dim() == 4:
        return NotImplemented
    made = function(x.reshape(-1, *x.shape[-3:]), factor)
    return made.reshape(*x.shape[:-3], *made.shape[-3:])


PICKING: dict[str, Any] = {
    "aten.gather.default": gather,
    "aten.diagonal.default": diagonal,
    "aten.pixel_shuffle.default": pixel_shuffle,
    "aten.pixel_unshuffle.default": pixel_unshuffle,
}
