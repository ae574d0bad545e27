"""Reductions in terms of ops that every converter has, and gets right."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import torch

Tensor = torch.Tensor


def var(x: Tensor, dim: Any = None, unbiased: Any = True, keepdim: bool = False) -> Any:
    """`aten.var` and `aten.var.dim`."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    return _moments(x, dim, int(unbiased), keepdim)[0]


def std(x: Tensor, dim: Any = None, unbiased: Any = True, keepdim: bool = False) -> Any:
    """`aten.std` and `aten.std.dim`."""
    return torch.sqrt(var(x, dim, unbiased, keepdim))


def var_correction(x: Tensor, dim: Any = None, *, correction: Any = None, keepdim: bool = False) -> Any:
    """`aten.var.correction`: without a correction it is 1."""
    return _moments(x, dim, 1 if correction is None else correction, keepdim)[0]


def std_correction(x: Tensor, dim: Any = None, *, correction: Any = None, keepdim: bool = False) -> Any:
    """`aten.std.correction`."""
    return torch.sqrt(var_correction(x, dim, correction=correction, keepdim=keepdim))


def var_mean(x: Tensor, dim: Any = None, unbiased: Any = True, keepdim: bool = False) -> Any:
    """`aten.var_mean` and `aten.var_mean.dim`."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    return _moments(x, dim, int(unbiased), keepdim)


def std_mean(x: Tensor, dim: Any = None, unbiased: Any = True, keepdim: bool = False) -> Any:
    """`aten.std_mean` and `aten.std_mean.dim`."""
    variance, mean = var_mean(x, dim, unbiased, keepdim)
    return torch.sqrt(variance), mean


def var_mean_correction(x: Tensor, dim: Any = None, *, correction: Any = None, keepdim: bool = False) -> Any:
    """`aten.var_mean.correction`."""
    return _moments(x, dim, 1 if correction is None else correction, keepdim)


def std_mean_correction(x: Tensor, dim: Any = None, *, correction: Any = None, keepdim: bool = False) -> Any:
    """`aten.std_mean.correction`."""
    variance, mean = var_mean_correction(x, dim, correction=correction, keepdim=keepdim)
    return torch.sqrt(variance), mean


def _moments(x: Tensor, dim: Any, correction: float, keepdim: bool) -> Any:
    """Variance and mean over some dimensions, or all."""
    if not x.is_floating_point():
        return NotImplemented
    dims = [dim] if isinstance(dim, int) else list(dim or range(x.dim()))
    count = prod(x.shape[d] for d in dims)
    if not dims or count <= correction:
        return NotImplemented
    mean = x.mean(dims, keepdim=True)
    spread = (x - mean).square().mean(dims, keepdim=keepdim)
    if correction:
        spread = spread * (count / (count - correction))
    return spread, mean if keepdim else x.mean(dims)


def argmax(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """Over all elements: coremltools takes the last dimension instead, without a word."""
    return x.reshape(-1).argmax(0).reshape([1] * x.dim() * keepdim) if dim is None else NotImplemented


def argmin(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """Over all elements."""
    return x.reshape(-1).argmin(0).reshape([1] * x.dim() * keepdim) if dim is None else NotImplemented


def kthvalue(x: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """The k-th smallest value of each row, and its place."""
    values, places = torch.topk(x, k, dim, largest=False)
    last = [t.narrow(dim, k - 1, 1) for t in (values, places)]
    return tuple(last) if keepdim else tuple(t.squeeze(dim) for t in last)


def median(x: Tensor, dim: int, keepdim: bool = False) -> Any:
    """The lower one of the two middle values of each row, and its place."""
    return kthvalue(x, (x.shape[dim] + 1) // 2, dim, keepdim)


def product(x: Tensor, dim: int, keepdim: bool = False, *, dtype: torch.dtype | None = None) -> Any:
    """`aten.prod.dim_int`, factor by factor."""
    factors = (x if dtype is None else x.to(dtype)).unbind(dim)
    if not factors or (dtype is None and not x.is_floating_point()):
        return NotImplemented
    result = factors[0]
    for factor in factors[1:]:
        result = result * factor
    return result.unsqueeze(dim) if keepdim else result


def cumsum(x: Tensor, dim: int, *, dtype: torch.dtype | None = None) -> Any:
    """`aten.cumsum`, with its axis counted from the first one."""
    return NotImplemented if dim >= 0 else torch.cumsum(x, dim % x.dim(), dtype=dtype)


def mean_in_steps(
    x: Tensor, dim: Sequence[int] | None = None, keepdim: bool = False, *, dtype: torch.dtype | None = None
) -> Any:
    """`aten.mean.dim` over several dimensions, one after the other: a sum of n numbers in a row is off by up to n
    roundings, of which two sums of √n each leave a few.

    Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, section 4.2.
    """
    dims = sorted((d % x.dim() for d in dim or ()), reverse=True)
    if len(dims) < 2:
        return NotImplemented
    result = x if dtype is None else x.to(dtype)
    for d in dims:
        result = result.mean(d, keepdim=True)
    return result if keepdim else result.squeeze(dims)


def global_average_in_steps(x: Tensor, size: Sequence[int]) -> Any:
    """`aten.adaptive_avg_pool2d` to one pixel: see `mean_in_steps`."""
    return mean_in_steps(x, (-2, -1), keepdim=True) if set(size) == {1} else NotImplemented


STEPS: dict[str, Any] = {
    "aten.mean.dim": mean_in_steps,
    "aten.adaptive_avg_pool2d.default": global_average_in_steps,
}

REDUCTIONS: dict[str, Any] = {
    "aten.var.default": var,
    "aten.var.dim": var,
    "aten.var.correction": var_correction,
    "aten.std.default": std,
    "aten.std.dim": std,
    "aten.std.correction": std_correction,
    "aten.var_mean.default": var_mean,
    "aten.var_mean.dim": var_mean,
    "aten.var_mean.correction": var_mean_correction,
    "aten.std_mean.default": std_mean,
    "aten.std_mean.dim": std_mean,
    "aten.std_mean.correction": std_mean_correction,
    "aten.argmax.default": argmax,
    "aten.argmin.default": argmin,
    "aten.kthvalue.default": kthvalue,
    "aten.median.dim": median,
    "aten.prod.dim_int": product,
    "aten.cumsum.default": cumsum,
}
