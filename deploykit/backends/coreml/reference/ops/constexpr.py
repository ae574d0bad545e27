"""Compressed weights: ops of constants, executed once when the program is loaded."""

from __future__ import annotations

import math

import numpy as np
import torch

from deploykit.backends.coreml.reference.bits import unpack_bits
from deploykit.backends.coreml.reference.ops.arguments import Arguments
from deploykit.errors import ArtifactError


def cast(a: Arguments) -> torch.Tensor:
    """source_val as it is; the output's declared type does the rest. [iOS16.constexpr_ops.constexpr_cast]."""
    return a.tensor("source_val")


def affine_dequantize(a: Arguments) -> torch.Tensor:
    """Gives scale · (data - zero_point), scalars or one per index of axis. [iOS16.constexpr_ops]."""
    data, axis = a.tensor("quantized_data"), a.integer("axis", 0)
    scale, zero = (_along(a.tensor(name), data, axis) for name in ("scale", "zero_point"))
    return (data.to(scale.dtype) - zero.to(scale.dtype)) * scale


def lut_to_dense(a: Arguments) -> torch.Tensor:
    """lut[indices]; the indices are packed bits. [iOS16.constexpr_ops.constexpr_lut_to_dense]."""
    if not a.has("shape"):
        raise ArtifactError("constexpr_lut_to_dense: the grouped form of iOS 18 is not known to the reference runner")
    lut, shape = a.tensor("lut").reshape(-1), a.integers("shape")
    bits, count = int(math.log2(lut.numel())), math.prod(shape)
    return lut[_unpacked(a.tensor("indices"), bits, count)].reshape(shape)


def blockwise_shift_scale(a: Arguments) -> torch.Tensor:
    """Gives scale · (data - offset), one scale per block of data. [iOS18.compression]."""
    data, scale, offset = a.tensor("data"), a.tensor("scale"), a.optional("offset")
    y = data.to(scale.dtype)
    if offset is not None:
        y = y - _blocks(offset.to(scale.dtype), data.shape)
    return y * _blocks(scale, data.shape)


def sparse_to_dense(a: Arguments) -> torch.Tensor:
    """nonzero_data where the bit mask is 1, else 0. [iOS16.constexpr_ops.constexpr_sparse_to_dense]."""
    if not a.has("shape"):
        raise ArtifactError("constexpr_sparse_to_dense: the form of iOS 18 is not known to the reference runner")
    data, shape = a.tensor("nonzero_data"), a.integers("shape")
    mask = _unpacked(a.tensor("mask"), 1, math.prod(shape)).bool()
    return data.new_zeros(mask.shape).masked_scatter(mask, data).reshape(shape)


def _along(value: torch.Tensor, data: torch.Tensor, axis: int) -> torch.Tensor:
    return value if value.ndim == 0 else value.reshape([-1 if i == axis % data.ndim else 1 for i in range(data.ndim)])


def _blocks(value: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    for axis, (have, wished) in enumerate(zip(value.shape, shape, strict=True)):
        if have != wished:
            value = value.repeat_interleave(wished // have, axis)
    return value


def _unpacked(packed: torch.Tensor, bits: int, count: int) -> torch.Tensor:
    return torch.from_numpy(unpack_bits(packed.numpy().astype(np.uint8), bits, count)).long()
