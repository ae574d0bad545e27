"""Arithmetic of two tensors, of integers and of booleans, and casts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from deploykit.probes.cases.base import Case, Input, bools, halves, ints, ints32, normal, op, special, uniform

X, Y, ROW = normal(3, 4, 5), normal(3, 4, 5), normal(4, 1)
INTS, DIVISORS, SMALL = ints(-20, 21, 3, 8), uniform(0.6, 4.0, 3, 8), ints(1, 7, 3, 8)
SIGNED = (-3, 2, 5, -7)
"""Divisors on both sides of zero: where truncation and floor differ."""


def _cast(x: torch.Tensor, to: torch.dtype) -> torch.Tensor:
    return x.to(to)


def _cast_back(x: torch.Tensor, through: torch.dtype) -> torch.Tensor:
    return x.to(through).to(x.dtype)


def _divide(x: torch.Tensor, y: torch.Tensor, rounding_mode: str | None) -> torch.Tensor:
    return torch.div(x, y, rounding_mode=rounding_mode)


def _by(x: torch.Tensor, function: Callable[..., torch.Tensor], number: float) -> torch.Tensor:
    return function(x, number)


def _shift(x: torch.Tensor, function: Callable[..., torch.Tensor], number: int) -> torch.Tensor:
    return function(x, number)


def _between(x: torch.Tensor, low: torch.Tensor, high: torch.Tensor) -> torch.Tensor:
    return torch.clamp(x, low, high)


def _mixed(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return x * y + (y > 3)


def _from(x: torch.Tensor, number: float) -> torch.Tensor:
    return number - x


def _add(x: torch.Tensor, y: torch.Tensor, alpha: float) -> torch.Tensor:
    return torch.add(x, y, alpha=alpha)


_FLOATS = (torch.add, torch.sub, torch.mul, torch.maximum, torch.minimum, torch.atan2, torch.hypot, torch.logaddexp)
_RATIOS = (torch.div, torch.remainder, torch.fmod, torch.floor_divide, torch.pow)
_COMPARISONS = (torch.gt, torch.ge, torch.lt, torch.le, torch.eq, torch.ne)
_BITS = (torch.bitwise_and, torch.bitwise_or, torch.bitwise_xor)
_LOGIC = (torch.logical_and, torch.logical_or, torch.logical_xor)

FLOATS = (
    *(op(function.__name__, function, X, Y) for function in _FLOATS),
    *(op(function.__name__, function, X, ROW) for function in (torch.add, torch.mul, torch.maximum)),
    *(op(function.__name__, function, uniform(0.1, 7.0, 3, 8), DIVISORS) for function in _RATIOS),
    *(
        op(f"{function.__name__} of signed", function, normal(3, 8, scale=5.0), normal(3, 8))
        for function in _RATIOS[:4]
    ),
    *(
        op(f"{function.__name__} by number", _by, normal(3, 8, scale=5.0), number=number, function=function)
        for function in (torch.remainder, torch.fmod, torch.floor_divide)
        for number in (1.7, -1.7)
    ),
    *(op("div", _divide, normal(3, 8, scale=5.0), DIVISORS, rounding_mode=mode) for mode in ("floor", "trunc")),
    op("rsub", _from, X, number=1.5),
    op("add", _add, X, Y, alpha=0.3),
    op("addcmul", torch.addcmul, X, Y, normal(3, 4, 5), value=0.3),
    op("addcdiv", torch.addcdiv, X, Y, uniform(0.5, 2.0, 3, 4, 5), value=0.3),
    op("lerp", torch.lerp, X, Y, weight=0.3),
    op("lerp", torch.lerp, X, Y, normal(3, 4, 5)),
    op("clamp by tensors", _between, X, uniform(-1.0, -0.2, 4, 5), uniform(0.1, 1.0, 4, 5)),
    op("copysign", torch.copysign, X, Y),
    op("heaviside", torch.heaviside, halves(3, 4), normal(3, 4)),
    op("nan_to_num", torch.nan_to_num, special(4, 8), nan=1.0),
    op("nan_to_num", torch.nan_to_num, special(4, 8), nan=0.5, posinf=7.0, neginf=-3.0),
    op("isnan", torch.isnan, special(4, 8)),
    op("isinf", torch.isinf, special(4, 8)),
    op("isfinite", torch.isfinite, special(4, 8)),
    op("sign", torch.sign, INTS),
    op("square", torch.square, INTS),
)

INTEGERS = (
    *(op(f"{function.__name__} of int", function, INTS, SMALL) for function in (torch.add, torch.sub, torch.mul)),
    *(
        op(f"{function.__name__} of int", function, INTS, given)
        for function in (torch.div, torch.remainder, torch.fmod, torch.floor_divide)
        for given in (SMALL,)
    ),
    *(
        op(f"{function.__name__} of int by number", _by, INTS, number=number, function=function)
        for function in (torch.remainder, torch.fmod, torch.floor_divide, torch.div)
        for number in (3, -3)
    ),
    *(op("div of int", _divide, INTS, SMALL, rounding_mode=mode) for mode in ("floor", "trunc")),
    *(op(f"{function.__name__} of int", function, INTS, SMALL) for function in (torch.maximum, torch.minimum)),
    op("mul of large int", torch.mul, ints(-40000, 40000, 8), ints(-40000, 40000, 8)),
    op("add of large int", _by, ints(16777000, 16778000, 8), number=1, function=torch.add),
    op("abs of int", torch.abs, INTS),
    op("neg of int", torch.neg, INTS),
    op("clamp of int", torch.clamp, INTS, min=-5, max=7),
    op("pow of int", torch.pow, ints(-4, 5, 3, 4), exponent=3),
    op("int times float", _mixed, normal(3, 8), ints(-3, 9, 3, 8)),
    op("add of int32", torch.add, ints32(-9, 9, 3, 4), ints32(-9, 9, 4)),
    *(op(function.__name__, function, ints(0, 64, 3, 8), ints(0, 64, 3, 8)) for function in _BITS),
    *(
        op(f"{function.__name__} of int32", function, ints32(-64, 64, 3, 8), ints32(-64, 64, 3, 8))
        for function in _BITS
    ),
    op("bitwise_not", torch.bitwise_not, ints(-9, 9, 3, 4)),
    op("bitwise_left_shift", _shift, ints(0, 64, 3, 4), number=2, function=torch.bitwise_left_shift),
    op("bitwise_right_shift", _shift, ints(-64, 64, 3, 4), number=2, function=torch.bitwise_right_shift),
)

BOOLEANS = (
    *(op(function.__name__, function, halves(3, 8, most=2), halves(3, 8, most=2)) for function in _COMPARISONS),
    *(op(f"{function.__name__} of int", function, ints(-3, 4, 3, 8), ints(-3, 4, 3, 8)) for function in _COMPARISONS),
    *(op(function.__name__, function, bools(3, 8), bools(3, 8)) for function in _LOGIC),
    *(op(f"{function.__name__} of bool", function, bools(3, 8), bools(3, 8)) for function in _BITS),
    op("logical_and of float", torch.logical_and, halves(3, 8, most=2), halves(3, 8, most=2)),
    op("logical_not", torch.logical_not, bools(3, 8)),
    op("logical_not of float", torch.logical_not, halves(3, 8, most=2)),
    op("bitwise_not of bool", torch.bitwise_not, bools(3, 8)),
    op("add of bool", torch.add, bools(3, 8), ints(-3, 4, 3, 8)),
    op("mul of bool", torch.mul, bools(3, 8), normal(3, 8)),
    op("eq of bool", torch.eq, bools(3, 8), bools(3, 8)),
    op("isclose", torch.isclose, halves(3, 8, most=2), halves(3, 8, most=2)),
)

_CASTS: tuple[tuple[str, Input, torch.dtype], ...] = (
    ("float", normal(3, 8, scale=4.0), torch.int32),
    ("float", normal(3, 8, scale=4.0), torch.int64),
    ("float", halves(3, 8, most=2), torch.bool),
    ("float", uniform(0.0, 255.0, 3, 8), torch.uint8),
    ("float", normal(3, 8), torch.float16),
    ("int", ints(-9, 9, 3, 8), torch.float32),
    ("int", ints(-2, 2, 3, 8), torch.bool),
    ("int", ints(-9, 9, 3, 8), torch.int32),
    ("bool", bools(3, 8), torch.float32),
    ("bool", bools(3, 8), torch.int64),
    ("bool", bools(3, 8), torch.int32),
)


def _through(x: torch.Tensor, to: torch.dtype) -> Any:
    """A border type comes out of it: phones know no int8 or float16 there."""
    made = x.to(to)
    return made.float() if to in (torch.float16, torch.uint8, torch.int8) else made


CASTS = (
    *(op(f"cast of {kind}", _through, given, to=to) for kind, given, to in _CASTS),
    *(
        op("cast and back", _cast_back, normal(3, 8, scale=4.0), through=through)
        for through in (torch.int32, torch.int64, torch.float16, torch.float64)
    ),
    op("cast and back", _cast_back, halves(3, 8, most=2), through=torch.bool),
)

CASES: tuple[Case, ...] = (*FLOATS, *INTEGERS, *BOOLEANS, *CASTS)
