"""Arithmetic on integers, in terms of ops that LiteRT has for int32."""

from __future__ import annotations

from typing import Any

import torch

Tensor = torch.Tensor


def divide(x: Any, y: Any, *, rounding_mode: str | None = "floor") -> Any:
    """`aten.div` of integers, rounded down, and `aten.floor_divide`.

    What is left after the remainder is a multiple of y, x = q·y. Its quotient as a float32 is off by at most 2⁻²³·q,
    so by 256; that of the rest, by the same rule, by nothing that rounding would leave. Beyond ±2³⁰ int32 may overflow.
    """
    if not _integers(x, y) or rounding_mode != "floor":
        return NotImplemented
    rest = x - torch.remainder(x, y)
    quotient = _nearest(rest, y)
    return quotient + _nearest(rest - quotient * y, y)


def fmod(x: Tensor, y: Any) -> Any:
    """The remainder with the sign of the dividend."""
    if not _integers(x, y):
        return NotImplemented
    rest = torch.remainder(absolute(x), absolute(y) if isinstance(y, torch.Tensor) else abs(y))
    return torch.where(x < 0, -rest, rest)


def absolute(x: Tensor) -> Any:
    """|x|."""
    return torch.maximum(x, -x) if _integers(x) else NotImplemented


def sign(x: Tensor) -> Any:
    """-1, 0 or 1."""
    return torch.clamp(x, -1, 1) if _integers(x) else NotImplemented


def square(x: Tensor) -> Any:
    """x²."""
    return x * x if _integers(x) else NotImplemented


def power(x: Tensor, exponent: Any) -> Any:
    """A product of as many factors."""
    if not _integers(x) or not isinstance(exponent, int) or not 1 <= exponent <= 8:
        return NotImplemented
    result = x
    for _ in range(exponent - 1):
        result = result * x
    return result


def _nearest(x: Tensor, y: Any) -> Tensor:
    return torch.floor(x.to(torch.float32) / y + 0.5).to(x.dtype)


def _integers(*values: Any) -> bool:
    return all(
        isinstance(v, int) and not isinstance(v, bool)
        if not isinstance(v, torch.Tensor)
        else v.dtype in (torch.int32, torch.int64)
        for v in values
    )


INTEGERS: dict[str, Any] = {
    "aten.floor_divide.default": divide,
    "aten.div.Tensor_mode": divide,
    "aten.fmod.Tensor": fmod,
    "aten.fmod.Scalar": fmod,
    "aten.abs.default": absolute,
    "aten.sign.default": sign,
    "aten.square.default": square,
    "aten.pow.Tensor_Scalar": power,
}
