"""Arithmetic in terms of ops that every converter has."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from math import log
from typing import Any

import torch

Tensor = torch.Tensor


def trunc(x: Tensor) -> Tensor:
    """Towards zero."""
    return torch.where(x < 0, torch.ceil(x), torch.floor(x)) if x.is_floating_point() else x


def fmod(x: Tensor, y: Any) -> Tensor:
    """The remainder with the sign of the dividend: |x| mod |y| is never negative."""
    rest = torch.remainder(x.abs(), y.abs() if isinstance(y, torch.Tensor) else abs(y))
    return torch.where(x < 0, -rest, rest)


def fmax(x: Tensor, y: Tensor) -> Tensor:
    """The larger one; where one is NaN, the other."""
    return torch.where(x != x, y, torch.where(y != y, x, torch.maximum(x, y)))


def fmin(x: Tensor, y: Tensor) -> Tensor:
    """The smaller one; where one is NaN, the other."""
    return torch.where(x != x, y, torch.where(y != y, x, torch.minimum(x, y)))


def erfc(x: Tensor) -> Tensor:
    """1 - erf: beyond 4 what is left of it is below the precision of float32."""
    return 1 - torch.erf(x)


def hypot(x: Tensor, y: Tensor) -> Tensor:
    """The length of (x, y)."""
    return torch.sqrt(x * x + y * y)


def bitwise(op: str) -> Any:
    """A bitwise op on truth values."""

    def rewritten(x: Any, y: Any) -> Any:
        known = all(not isinstance(v, torch.Tensor) or v.dtype == torch.bool for v in (x, y))
        if not known or not (isinstance(x, torch.Tensor) and isinstance(y, torch.Tensor)):
            return NotImplemented
        return torch.ne(x, y) if op == "xor" else getattr(torch, f"logical_{op}")(x, y)

    return rewritten


def real(function: Callable[[Tensor], Tensor]) -> Any:
    """A function of real numbers that is given integers: as floats."""

    def rewritten(x: Tensor) -> Any:
        if x.is_floating_point() or x.is_complex():
            return NotImplemented
        return function(x.to(torch.get_default_dtype()))

    return rewritten


def where(condition: Tensor, x: Any, y: Any) -> Any:
    """A choice between values of two types, or between numbers: tensors of the type that results."""
    tensors = [v for v in (x, y) if isinstance(v, torch.Tensor)]
    flat = all(v.dim() == 0 for v in (condition, *tensors))
    if len({v.dtype for v in tensors}) == 1 and len(tensors) == 2 and not flat:
        return NotImplemented
    dtype = torch.result_type(x, y)
    x, y = (v.to(dtype) if isinstance(v, torch.Tensor) else torch.full((1,) * flat, v, dtype=dtype) for v in (x, y))
    if flat:  # coremltools broadcasts no numbers
        return torch.where(condition.reshape(1), x.reshape(1), y.reshape(1)).reshape(())
    return torch.where(condition, x, y)


def lerp(x: Tensor, y: Tensor, weight: Any) -> Any:
    """From x to y, exact at both ends."""
    if not isinstance(weight, torch.Tensor):
        return x + weight * (y - x) if abs(weight) < 0.5 else y - (y - x) * (1 - weight)
    near = weight.abs() < 0.5
    return torch.where(near, x + weight * (y - x), y - (y - x) * (1 - weight))


def log_sigmoid(x: Tensor) -> Tensor:
    """log(1 / (1 + exp(-x))), without an overflow."""
    return torch.clamp(x, max=0) - torch.log1p(torch.exp(-x.abs()))


def softplus(x: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """Beyond a threshold it is x, which matters where the threshold is low."""
    if threshold >= 15:
        return NotImplemented
    scaled = x * beta
    return torch.where(scaled > threshold, x, torch.log1p(torch.exp(torch.clamp(scaled, max=threshold))) / beta)


def asinh(x: Tensor) -> Tensor:
    """The logarithm is taken of what is at least 1, so that large negative numbers lose nothing."""
    size = x.abs()
    square = size * size
    near = size * (1 - square / 6 + square * square * (3 / 40))  # the series, where the logarithm would cancel
    return torch.sign(x) * torch.where(size < 0.1, near, torch.log(size + torch.sqrt(square + 1)))


def round_to(x: Tensor, *, decimals: int) -> Tensor:
    """To so many decimals."""
    step = 10.0 ** abs(decimals)
    return torch.round(x * step) / step if decimals > 0 else torch.round(x / step) * step


def prelu(x: Tensor, weight: Tensor) -> Any:
    """A slope for each channel: [N, C, ...], [C]."""
    if x.dim() == 4 or weight.numel() == 1:
        return NotImplemented
    slope = weight.reshape(-1, *[1] * (x.dim() - 2))
    return torch.relu(x) - slope * torch.relu(-x)


def cdist(x: Tensor, y: Tensor, p: float = 2.0, compute_mode: Any = None) -> Any:
    """Distances between rows: [..., P, M], [..., R, M] → [..., P, R]."""
    if p not in (1.0, 2.0):
        return NotImplemented
    difference = x[..., :, None, :] - y[..., None, :, :]
    return difference.abs().sum(-1) if p == 1 else difference.square().sum(-1).sqrt()


def bilinear(x: Tensor, y: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`F.bilinear`: x · W_o · y for each output o: [..., I], [..., J], [O, I, J] → [..., O]."""
    o, i, j = weight.shape
    half = torch.matmul(x.reshape(-1, i), weight.permute(1, 0, 2).reshape(i, o * j)).reshape(-1, o, j)
    product = (half * y.reshape(-1, 1, j)).sum(-1)
    return (product if bias is None else product + bias).reshape(*x.shape[:-1], o)


def bucketize(x: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False) -> Any:
    """How many boundaries lie below each value, or at it if `right`."""
    if not isinstance(x, torch.Tensor) or boundaries.dim() != 1:
        return NotImplemented
    below = x[..., None] >= boundaries if right else x[..., None] > boundaries
    return below.to(torch.int32).sum(-1, dtype=torch.int32 if out_int32 else torch.int64)


def searchsorted(
    boundaries: Tensor,
    x: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Any:
    """`bucketize`, where one sequence serves all values."""
    if sorter is not None:
        return NotImplemented
    return bucketize(x, boundaries, out_int32=out_int32, right=right or side == "right")


ARITHMETIC: dict[str, Any] = {
    "aten.trunc.default": trunc,
    "aten.fix.default": trunc,
    "aten.fmod.Scalar": fmod,
    "aten.fmod.Tensor": fmod,
    "aten.fmax.default": fmax,
    "aten.fmin.default": fmin,
    "aten.erfc.default": erfc,
    "aten.special_erfc.default": erfc,
    "aten.hypot.default": hypot,
    "aten.bitwise_and.Tensor": bitwise("and"),
    "aten.bitwise_or.Tensor": bitwise("or"),
    "aten.bitwise_xor.Tensor": bitwise("xor"),
    "aten.__and__.Tensor": bitwise("and"),
    "aten.__or__.Tensor": bitwise("or"),
    "aten.__xor__.Tensor": bitwise("xor"),
    "aten.where.self": where,
    "aten.where.ScalarSelf": where,
    "aten.where.ScalarOther": where,
    "aten.where.Scalar": where,
    "aten.lerp.Scalar": lerp,
    "aten.lerp.Tensor": lerp,
    "aten.log_sigmoid.default": log_sigmoid,
    "aten.softplus.default": softplus,
    "aten.asinh.default": asinh,
    "aten.round.decimals": round_to,
    "aten.prelu.default": prelu,
    "aten.cdist.default": cdist,
    "aten.bilinear.default": bilinear,
    "aten.bucketize.Tensor": bucketize,
    "aten.searchsorted.Tensor": searchsorted,
}


def logical_xor(x: Tensor, y: Tensor) -> Any:
    """Whether two truth values differ."""
    return torch.ne(x, y) if x.dtype == y.dtype == torch.bool else NotImplemented


def exp2(x: Tensor) -> Any:
    """2 to the x."""
    return torch.exp(x * log(2)) if x.is_floating_point() else NotImplemented


def copysign(x: Tensor, y: Tensor) -> Tensor:
    """|x| with the sign of y; that of -0.0 counts as plus."""
    return torch.where(y < 0, -x.abs(), x.abs())


def assigned(x: Tensor, indices: Sequence[Tensor | None], value: Tensor, accumulate: bool = False) -> Any:
    """`aten.index_put` of one value by a mask, as a choice.

    Args:
        x: what is assigned to.
        indices: one mask of x's first axes; other indices are left alone.
        value: of one element.
        accumulate: whether it is added.
    """
    mask = indices[0] if len(indices) == 1 else None
    if mask is None or mask.dtype != torch.bool or value.numel() != 1:
        return NotImplemented
    mask = mask.reshape(*mask.shape, *[1] * (x.dim() - mask.dim()))
    value = value.reshape([1] * x.dim())
    return torch.where(mask, x + value if accumulate else value, x)


def assigned_in_place(x: Tensor, indices: Sequence[Tensor | None], value: Tensor, accumulate: bool = False) -> Any:
    """`aten.index_put_`: what follows may read x itself."""
    made = assigned(x, indices, value, accumulate)
    return made if made is NotImplemented else x.copy_(made)


LACKED: dict[str, Any] = {
    "aten.logical_xor.default": logical_xor,
    "aten.exp2.default": exp2,
    "aten.copysign.Tensor": copysign,
    "aten.index_put.default": assigned,
    "aten.index_put_.default": assigned_in_place,
}


def scaled(combine: Callable[[Any, Any], Any]) -> Any:
    """A sum or difference whose second term has a factor."""

    def rewritten(x: Any, y: Any, *, alpha: Any = 1) -> Any:
        return NotImplemented if alpha == 1 else combine(x, y * alpha)

    return rewritten


SCALED: dict[str, Any] = {
    "aten.add.Tensor": scaled(operator.add),
    "aten.sub.Tensor": scaled(operator.sub),
}

REAL: dict[str, Any] = {
    "aten.sqrt.default": real(torch.sqrt),
    "aten.rsqrt.default": real(torch.rsqrt),
    "aten.exp.default": real(torch.exp),
    "aten.exp2.default": real(torch.exp2),
    "aten.log.default": real(torch.log),
    "aten.log2.default": real(torch.log2),
    "aten.log10.default": real(torch.log10),
    "aten.log1p.default": real(torch.log1p),
    "aten.sin.default": real(torch.sin),
    "aten.cos.default": real(torch.cos),
    "aten.tanh.default": real(torch.tanh),
    "aten.sigmoid.default": real(torch.sigmoid),
    "aten.reciprocal.default": real(torch.reciprocal),
}
