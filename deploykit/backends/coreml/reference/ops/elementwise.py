"""Elementwise ops: one or two operands, comparisons, clips, casts, selection."""

from __future__ import annotations

from collections.abc import Callable

import torch

from deploykit.backends.coreml.reference.ops.arguments import Arguments
from deploykit.backends.coreml.reference.ops.limits import bounded_broadcast

Unary = Callable[[torch.Tensor], torch.Tensor]
Binary = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def unary(function: Unary) -> Callable[[Arguments], torch.Tensor]:
    """An op y = function(x), any shape. [iOS15.elementwise_unary]."""

    def run(a: Arguments) -> torch.Tensor:
        return function(a.tensor("x"))

    return run


def binary(function: Binary) -> Callable[[Arguments], torch.Tensor]:
    """An op z = function(x, y), shapes broadcast as in NumPy. [iOS15.elementwise_binary]."""

    def run(a: Arguments) -> torch.Tensor:
        x, y = a.tensor("x"), a.tensor("y")
        if x.shape != y.shape:
            bounded_broadcast(a.op, x.shape, y.shape)
        return function(x, y)

    return run


def real_div(a: Arguments) -> torch.Tensor:
    """Gives x / y; of integers truncated to an integer. [iOS15.elementwise_binary.real_div]."""
    x, y = a.tensor("x"), a.tensor("y")
    bounded_broadcast(a.op, x.shape, y.shape)
    if x.is_floating_point() or y.is_floating_point():
        return x / y
    return torch.div(x, y, rounding_mode="trunc")


def floor_div(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """floor(x / y). [iOS15.elementwise_binary.floor_div]."""
    return torch.div(x, y, rounding_mode="floor")


def exp2(x: torch.Tensor) -> torch.Tensor:
    """2**x, of integers too. [iOS15.elementwise_unary.exp2]."""
    return torch.exp2(x) if x.is_floating_point() else torch.pow(2, x)


def log(a: Arguments) -> torch.Tensor:
    """The logarithm of x + epsilon. [iOS15.elementwise_unary.log]."""
    return torch.log(a.tensor("x") + a.number("epsilon", 1e-45))


def rsqrt(a: Arguments) -> torch.Tensor:
    """1 / sqrt(x + epsilon). [iOS15.elementwise_unary.rsqrt]."""
    return torch.rsqrt(a.tensor("x") + a.number("epsilon", 1e-12))


def inverse(a: Arguments) -> torch.Tensor:
    """1 / (x + epsilon). [iOS15.elementwise_unary.inverse]."""
    return torch.reciprocal(a.tensor("x") + a.number("epsilon", 1e-4))


def clip(a: Arguments) -> torch.Tensor:
    """min(max(x, alpha), beta). [iOS15.elementwise_unary.clip]."""
    return a.tensor("x").clamp(a.number("alpha"), a.number("beta"))


def threshold(a: Arguments) -> torch.Tensor:
    """max(x, alpha). [iOS15.elementwise_unary.threshold]."""
    return a.tensor("x").clamp_min(a.number("alpha"))


def passed_on(a: Arguments) -> torch.Tensor:
    """Gives x as it is; the output's declared type does the rest. [iOS15.elementwise_unary.cast]."""
    return a.tensor("x")


def select(a: Arguments) -> torch.Tensor:
    """Elementwise a where cond, else b; all broadcast. [iOS15.control_flow.select]."""
    condition, x, y = a.tensor("cond").to(torch.bool), a.tensor("a"), a.tensor("b")
    bounded_broadcast(a.op, condition.shape, x.shape, y.shape)
    return torch.where(condition, x, y)
