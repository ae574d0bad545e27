"""Moving elements about: rolls, fills, repeated heads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F

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


def grouped_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    """Attention whose keys and values serve several heads each: repeated for them."""
    if not enable_gqa:
        return NotImplemented
    key, value = (_repeated(x, query.shape[-3] // x.shape[-3]) for x in (key, value))
    return F.scaled_dot_product_attention(query, key, value, attn_mask, dropout_p, is_causal, scale=scale)


def _repeated(x: Tensor, times: int) -> Tensor:
    """Each head so many times, one after the other."""
    if times == 1:
        return x
    heads = x.unsqueeze(-3).expand(*x.shape[:-2], times, *x.shape[-2:])
    return heads.reshape(*x.shape[:-3], x.shape[-3] * times, *x.shape[-2:])


def max_pool2d(
    x: Tensor,
    kernel: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0,),
    dilation: Sequence[int] = (1,),
    ceil_mode: bool = False,
) -> Any:
    """A dilated maximum, as the maximum of slices: one for each place in the window."""
    kernel, padding, dilation = ([*v, *v][:2] if len(v) == 1 else list(v) for v in (kernel, padding, dilation))
    stride = [*stride, *stride][:2] if len(stride) == 1 else list(stride) or kernel
    if dilation == [1, 1] or ceil_mode:
        return NotImplemented
    x = F.pad(x, (padding[1], padding[1], padding[0], padding[0]), value=float("-inf"))
    spans = [(x.shape[i - 2] - dilation[i] * (kernel[i] - 1) - 1) // stride[i] * stride[i] + 1 for i in (0, 1)]
    result: Tensor | None = None
    for top in range(0, kernel[0] * dilation[0], dilation[0]):
        for left in range(0, kernel[1] * dilation[1], dilation[1]):
            part = x[..., top : top + spans[0] : stride[0], left : left + spans[1] : stride[1]]
            result = part if result is None else torch.maximum(result, part)
    return result


MOVING: dict[str, Any] = {
    "aten.roll.default": roll,
    "aten.full_like.default": full_like,
    "aten.zeros_like.default": zeros_like,
    "aten.ones_like.default": ones_like,
    "aten.new_full.default": new_full,
    "aten.new_zeros.default": new_zeros,
    "aten.new_ones.default": new_ones,
    "aten.max_pool2d.default": max_pool2d,
    "aten.scaled_dot_product_attention.default": grouped_attention,
}
