"""Activations and functions of one number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from deploykit.probes.cases.base import Case, halves, layer, normal, op, uniform

WIDE = normal(4, 32, scale=6.0)
"""Far enough out for what saturates or overflows."""
POSITIVE, INSIDE = uniform(0.05, 9.0, 4, 8), uniform(-0.97, 0.97, 4, 8)

Function = Callable[..., torch.Tensor]

_PLAIN: tuple[Function, ...] = (
    torch.relu,
    F.relu6,
    F.silu,
    F.mish,
    F.hardswish,
    F.hardsigmoid,
    F.hardtanh,
    F.elu,
    F.selu,
    F.logsigmoid,
    F.softsign,
    F.tanhshrink,
    F.softplus,
    torch.sigmoid,
    torch.tanh,
    torch.erf,
    torch.sin,
    torch.cos,
    torch.tan,
    torch.atan,
    torch.sinh,
    torch.cosh,
    torch.asinh,
    torch.abs,
    torch.neg,
    torch.sign,
    torch.square,
    torch.floor,
    torch.ceil,
    torch.trunc,
    torch.frac,
    torch.exp,
    torch.exp2,
    torch.expm1,
)

_WITH: tuple[tuple[str, Function, dict[str, Any]], ...] = (
    ("gelu", F.gelu, {"approximate": "none"}),
    ("gelu", F.gelu, {"approximate": "tanh"}),
    ("leaky_relu", F.leaky_relu, {"negative_slope": 0.2}),
    ("elu", F.elu, {"alpha": 1.7}),
    ("celu", F.celu, {"alpha": 1.7}),
    ("hardtanh", F.hardtanh, {"min_val": -2.0, "max_val": 0.5}),
    ("softplus", F.softplus, {"beta": 2.0, "threshold": 5.0}),
    ("hardshrink", F.hardshrink, {"lambd": 0.7}),
    ("softshrink", F.softshrink, {"lambd": 0.7}),
    ("threshold", F.threshold, {"threshold": 0.3, "value": -2.0}),
    ("glu", F.glu, {"dim": -1}),
    ("glu", F.glu, {"dim": 0}),
    ("clamp", torch.clamp, {"min": -1.5, "max": 2.5}),
    ("clamp", torch.clamp, {"min": -1.5}),
    ("clamp", torch.clamp, {"max": 2.5}),
    ("round", torch.round, {"decimals": 1}),
    ("pow", torch.pow, {"exponent": 2}),
    ("pow", torch.pow, {"exponent": 3}),
)

_OF_POSITIVE: tuple[tuple[str, Function, dict[str, Any]], ...] = (
    ("log", torch.log, {}),
    ("log2", torch.log2, {}),
    ("log10", torch.log10, {}),
    ("log1p", torch.log1p, {}),
    ("sqrt", torch.sqrt, {}),
    ("rsqrt", torch.rsqrt, {}),
    ("reciprocal", torch.reciprocal, {}),
    ("pow", torch.pow, {"exponent": 0.7}),
    ("pow", torch.pow, {"exponent": -1.5}),
    ("pow", torch.pow, {"exponent": 0.5}),
)

_OF_INSIDE: tuple[Function, ...] = (torch.asin, torch.acos, torch.atanh, torch.erfinv, torch.logit)

_OF_HALVES: tuple[Function, ...] = (torch.round, torch.floor, torch.ceil, torch.trunc, torch.frac, torch.sign)


def _prelu(channels: int) -> nn.Module:
    made = nn.PReLU(channels)
    nn.init.uniform_(made.weight, 0.1, 0.6)
    return made


def _rpow(x: torch.Tensor, base: float) -> torch.Tensor:
    return torch.pow(base, x)


CASES: tuple[Case, ...] = (
    *(op(function.__name__, function, WIDE) for function in _PLAIN),
    *(op(name, function, WIDE, **parameters) for name, function, parameters in _WITH),
    *(op(name, function, POSITIVE, **parameters) for name, function, parameters in _OF_POSITIVE),
    *(op(function.__name__.removeprefix("special_"), function, INSIDE) for function in _OF_INSIDE),
    *(op(f"{function.__name__} of halves", function, halves(4, 8)) for function in _OF_HALVES),
    *(
        layer("PReLU", _prelu, given, channels=channels)
        for given, channels in (
            (normal(1, 4, 5, 6), 1),
            (normal(1, 4, 5, 6), 4),
            (normal(2, 4), 4),
            (normal(2, 4, 3), 4),
        )
    ),
    op("pow", _rpow, normal(4, 8), base=1.7),
    *(
        op(name, function, given, dim=dim)
        for name, function in (("softmax", F.softmax), ("log_softmax", F.log_softmax), ("softmin", F.softmin))
        for given, dim in ((normal(2, 5, scale=8.0), -1), (normal(2, 3, 4, scale=3.0), 1), (normal(3, 4, 2, 5), 0))
    ),
    *(op("softmax", F.softmax, normal(1, 3, 4, 5), dim=dim) for dim in (1, 2, -2)),
)
