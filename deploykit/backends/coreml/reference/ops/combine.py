"""Ops that join, divide, repeat, or create tensors."""

from __future__ import annotations

import math

import torch

from deploykit.backends.coreml.reference.ops.arguments import Arguments
from deploykit.backends.coreml.reference.ops.limits import bounded


def concat(a: Arguments) -> torch.Tensor:
    """Tensors joined along axis; `interleave` takes their elements in turns. [iOS15.tensor_operation.concat]."""
    values, axis = a.tensors("values"), a.integer("axis")
    bounded(a.op, [sum(value.numel() for value in values)])
    if a.flag("interleave", False):
        axis %= values[0].ndim
        return torch.stack(values, axis + 1).flatten(axis, axis + 1)
    # Shapes are put together of scalars: a scalar counts as a vector of one.
    return torch.cat([value.reshape(1) if value.ndim == 0 else value for value in values], axis)


def stack(a: Arguments) -> torch.Tensor:
    """Tensors joined along a new axis. [iOS15.tensor_operation.stack]."""
    values = a.tensors("values")
    bounded(a.op, [sum(value.numel() for value in values)])
    return torch.stack(values, a.integer("axis"))


def split(a: Arguments) -> tuple[torch.Tensor, ...]:
    """Parts of x along axis: `split_sizes` long, or `num_splits` equal ones. [iOS15.tensor_operation.split]."""
    x, axis = a.tensor("x"), a.integer("axis")
    sizes = a.integers("split_sizes") if a.has("split_sizes") else x.shape[axis] // a.integer("num_splits")
    return torch.split(x, sizes, axis)


def tile(a: Arguments) -> torch.Tensor:
    """Gives x repeated `reps` times along each axis. [iOS15.tensor_operation.tile]."""
    x, reps = a.tensor("x"), a.integers("reps")
    bounded(a.op, [x.numel(), *reps])
    return x.repeat(reps)


def fill(a: Arguments) -> torch.Tensor:
    """A tensor of `shape`, full of `value`. [iOS15.tensor_operation.fill]."""
    bounded(a.op, a.integers("shape"))
    return torch.full(a.integers("shape"), a.number("value", 0.0), dtype=torch.float64)


def fill_like(a: Arguments) -> torch.Tensor:
    """A tensor of ref_tensor's shape, full of `value`. [iOS16.tensor_operation.fill_like]."""
    return torch.full(list(a.tensor("ref_tensor").shape), a.number("value", 0.0), dtype=torch.float64)


def range_1d(a: Arguments) -> torch.Tensor:
    """start, start + step, … below end. [iOS15.tensor_operation.range_1d]."""
    dtype, start, end, step = a.tensor("start").dtype, a.number("start"), a.number("end"), a.number("step")
    if not dtype.is_floating_point:
        if step and (end - start) / step > 0:
            bounded(a.op, [math.ceil((end - start) / step)])
        return torch.arange(int(start), int(end), int(step), dtype=dtype)
    # Converters count in float32, and declare the result: 9 / 1e-6 is 9,000,000 there, a little more in double.
    narrow = torch.tensor([end - start, step], dtype=torch.float32)
    count = max(0, math.ceil(float(narrow[0] / narrow[1])))
    bounded(a.op, [count])
    return torch.arange(count, dtype=torch.float64).mul_(step).add_(start).to(dtype)


def band_part(a: Arguments) -> torch.Tensor:
    """Zero outside of a diagonal band; -1 keeps a whole triangle. [iOS15.tensor_operation.band_part]."""
    x, lower, upper = a.tensor("x"), a.integer("lower", -1), a.integer("upper", -1)
    offset = torch.arange(x.shape[-2])[:, None] - torch.arange(x.shape[-1])[None]
    keep = torch.ones_like(offset, dtype=torch.bool)
    if lower >= 0:
        keep &= offset <= lower
    if upper >= 0:
        keep &= -offset <= upper
    return torch.where(keep, x, torch.zeros_like(x))


def one_hot(a: Arguments) -> torch.Tensor:
    """on_value at each index, off_value elsewhere, along a new axis. [iOS15.tensor_operation.one_hot]."""
    indices, size = a.tensor("indices").long(), a.integer("one_hot_vector_size")
    bounded(a.op, [*indices.shape, size])
    hot = (torch.arange(size) == indices.unsqueeze(-1)).movedim(-1, a.integer("axis", -1))
    on, off = a.optional("on_value"), a.optional("off_value")
    return torch.where(hot, torch.tensor(1) if on is None else on, torch.tensor(0) if off is None else off)
