"""Moving elements about: rolls and fills."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

Tensor = torch.Tensor


def roll(x: Tensor, shifts: Sequence[int], dims: Sequence[int] = ()) -> Tensor:
    """Two slices per dimension, in the other order."""
    if not dims:
        return roll(x.reshape(-1), shifts, [0]).reshape(x.shape)
    for shift, dim in zip(shifts, dims, strict=True):
        size = x.shape[dim]
        cut = size - shift % size if size else 0
        if 0 < cut < size:
            x = torch.cat([x.narrow(dim, cut, size - cut), x.narrow(dim, 0, cut)], dim)
    return x


def flip(x: Tensor, dims: Sequence[int]) -> Any:
    """One axis after the other."""
    if len(dims) < 2:
        return NotImplemented
    for dim in dims:
        x = x.flip(dim)
    return x


def full_like(x: Tensor, value: Any, **kwargs: Any) -> Tensor:
    """A value in the shape of a tensor, in the type that is asked for."""
    return torch.full(x.shape, value, dtype=kwargs.get("dtype") or x.dtype)


def zeros_like(x: Tensor, **kwargs: Any) -> Tensor:
    """Zeros."""
    return full_like(x, 0, **kwargs)


def ones_like(x: Tensor, **kwargs: Any) -> Tensor:
    """Ones."""
    return full_like(x, 1, **kwargs)


def new_full(x: Tensor, size: Sequence[int], value: Any, **kwargs: Any) -> Tensor:
    """A value in a shape of its own, in the type of a tensor."""
    return torch.full(list(size), value, dtype=kwargs.get("dtype") or x.dtype)


def new_zeros(x: Tensor, size: Sequence[int], **kwargs: Any) -> Tensor:
    """Zeros."""
    return new_full(x, size, 0, **kwargs)


def new_ones(x: Tensor, size: Sequence[int], **kwargs: Any) -> Tensor:
    """Ones."""
    return new_full(x, size, 1, **kwargs)


MOVING: dict[str, Any] = {
    "aten.roll.default": roll,
    "aten.full_like.default": full_like,
    "aten.zeros_like.default": zeros_like,
    "aten.ones_like.default": ones_like,
    "aten.new_full.default": new_full,
    "aten.new_zeros.default": new_zeros,
    "aten.new_ones.default": new_ones,
}
