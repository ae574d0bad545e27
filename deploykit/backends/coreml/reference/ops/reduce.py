"""Reductions over axes, and running sums."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from deploykit.backends.coreml.reference.ops.arguments import Arguments

Reduction = Callable[[torch.Tensor, list[int], bool], torch.Tensor]


def reduction(function: Reduction) -> Callable[[Arguments], torch.Tensor]:
    """An op over `axes` (default: all), with `keep_dims` (default: no). [iOS15.reduction]."""

    def run(a: Arguments) -> torch.Tensor:
        x = a.tensor("x")
        axes = [axis % max(x.ndim, 1) for axis in a.integers("axes", range(x.ndim))]
        return function(x, axes, a.flag("keep_dims", False))

    return run


def total(x: torch.Tensor, axes: list[int], keep: bool) -> torch.Tensor:
    """Sum. [iOS15.reduction.reduce_sum]."""
    return x.sum(axes, keepdim=keep)


def mean(x: torch.Tensor, axes: list[int], keep: bool) -> torch.Tensor:
    """Mean; of integers truncated. [iOS15.reduction.reduce_mean]."""
    if x.is_floating_point():
        return x.mean(axes, keepdim=keep)
    return torch.div(x.sum(axes, keepdim=keep), math.prod(x.shape[axis] for axis in axes), rounding_mode="trunc")


def largest(x: torch.Tensor, axes: list[int], keep: bool) -> torch.Tensor:
    """Maximum. [iOS15.reduction.reduce_max]."""
    return x.amax(axes, keepdim=keep)


def smallest(x: torch.Tensor, axes: list[int], keep: bool) -> torch.Tensor:
    """Minimum. [iOS15.reduction.reduce_min]."""
    return x.amin(axes, keepdim=keep)


def product(x: torch.Tensor, axes: list[int], keep: bool) -> torch.Tensor:
    """Product. [iOS15.reduction.reduce_prod]."""
    for axis in sorted(axes, reverse=True):
        x = x.prod(axis, keepdim=keep)
    return x


def l1_norm(x: torch.Tensor, axes: list[int], keep: bool) -> torch.Tensor:
    """Sum of magnitudes. [iOS15.reduction.reduce_l1_norm]."""
    return x.abs().sum(axes, keepdim=keep)


def l2_norm(x: torch.Tensor, axes: list[int], keep: bool) -> torch.Tensor:
    """Square root of the sum of squares; of integers truncated. [iOS15.reduction.reduce_l2_norm]."""
    return torch.sqrt(x.square().sum(axes, keepdim=keep))


def log_sum(x: torch.Tensor, axes: list[int], keep: bool) -> torch.Tensor:
    """log(sum). [iOS15.reduction.reduce_log_sum]."""
    return torch.log(x.sum(axes, keepdim=keep))


def log_sum_exp(x: torch.Tensor, axes: list[int], keep: bool) -> torch.Tensor:
    """log(sum(exp(x))), without overflow. [iOS15.reduction.reduce_log_sum_exp]."""
    return torch.logsumexp(x, axes, keepdim=keep)


def sum_square(x: torch.Tensor, axes: list[int], keep: bool) -> torch.Tensor:
    """Sum of squares. [iOS15.reduction.reduce_sum_square]."""
    return x.square().sum(axes, keepdim=keep)


def reduce_argmax(a: Arguments) -> torch.Tensor:
    """Index of the first maximum along axis. [iOS15.reduction.reduce_argmax]."""
    return a.tensor("x").argmax(a.integer("axis", -1), keepdim=a.flag("keep_dims", False))


def reduce_argmin(a: Arguments) -> torch.Tensor:
    """Index of the first minimum along axis. [iOS15.reduction.reduce_argmin]."""
    return a.tensor("x").argmin(a.integer("axis", -1), keepdim=a.flag("keep_dims", False))


def cumsum(a: Arguments) -> torch.Tensor:
    """Running sum along axis; `exclusive` leaves the element itself out. [iOS15.tensor_operation.cumsum]."""
    x, axis, reverse = a.tensor("x"), a.integer("axis", 0), a.flag("reverse", False)
    if reverse:
        x = x.flip(axis)
    y = x.cumsum(axis)
    if a.flag("exclusive", False):
        y = y - x
    return y.flip(axis) if reverse else y
