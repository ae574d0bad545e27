"""Compressed weights: ops of constants, executed once when the program is loaded."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from deploykit.backends.coreml.reference.bits import unpack_bits
from deploykit.backends.coreml.reference.ops.arguments import Arguments


def cast(a: Arguments) -> torch.Tensor:
    """source_val as it is; the output's declared type does the rest. [iOS16.constexpr_ops.constexpr_cast]."""
    return a.tensor("source_val")


def affine_dequantize(a: Arguments) -> torch.Tensor:
    """Gives scale · (data - zero_point), scalars or one per index of axis. [iOS16.constexpr_ops]."""
    data, axis = a.tensor("quantized_data"), a.integer("axis", 0)
    scale, zero = (_along(a.tensor(name), data, axis) for name in ("scale", "zero_point"))
    return (data.to(scale.dtype) - zero.to(scale.dtype)) * scale


def lut_to_dense(a: Arguments) -> torch.Tensor:
    """Gives lut[indices]. [iOS16.constexpr_ops.constexpr_lut_to_dense, iOS18.compression.constexpr_lut_to_dense].

    Before iOS 18 the indices are packed bits and there is one table. Since then indices have the shape of the result
    and lut is [*groups, entries, vector]: a table per block of indices, and a result longer by `vector` on one axis.
    """
    lut = a.tensor("lut")
    if a.has("shape"):
        shape = a.integers("shape")
        bits = int(math.log2(lut.numel()))
        return lut.reshape(-1)[_unpacked(a.tensor("indices"), bits, math.prod(shape))].reshape(shape)
    indices = a.tensor("indices").long()
    tables = _blocks(lut, [*indices.shape, *lut.shape[-2:]])
    chosen = indices[..., None, None].expand(*indices.shape, 1, lut.shape[-1])
    vectors = tables.gather(indices.ndim, chosen).squeeze(-2)
    if lut.shape[-1] == 1:
        return vectors.squeeze(-1)
    axis = a.integer("vector_axis") % indices.ndim
    return vectors.movedim(-1, axis + 1).flatten(axis, axis + 1)


def blockwise_shift_scale(a: Arguments) -> torch.Tensor:
    """Gives scale · (data - offset), one scale per block of data. [iOS18.compression]."""
    data, scale, offset = a.tensor("data"), a.tensor("scale"), a.optional("offset")
    y = data.to(scale.dtype)
    if offset is not None:
        y = y - _blocks(offset.to(scale.dtype), data.shape)
    return y * _blocks(scale, data.shape)


def lut_to_sparse(a: Arguments) -> tuple[torch.Tensor, torch.Tensor]:
    """lut_to_dense where the mask is 1: the mask of the result, and its elements there. [iOS18.compression]."""
    mask, lut = a.tensor("indices_mask").bool(), a.tensor("lut")
    indices = _spread(a.tensor("indices_nonzero_data"), mask)
    options = {name: a.values[name] for name in ("vector_axis",) if a.has(name)}
    dense = lut_to_dense(Arguments(a.op, {"indices": (indices,), "lut": (lut,), **options}))
    if lut.shape[-1] > 1:
        mask = mask.repeat_interleave(lut.shape[-1], a.integer("vector_axis") % mask.ndim)
    return mask, dense[mask]


def sparse_blockwise_shift_scale(a: Arguments) -> tuple[torch.Tensor, torch.Tensor]:
    """blockwise_shift_scale where the mask is 1: the mask, and the elements there. [iOS18.compression]."""
    mask = a.tensor("data_mask").bool()
    data = _spread(a.tensor("nonzero_data"), mask)
    options = {name: a.values[name] for name in ("scale", "offset") if a.has(name)}
    return mask, blockwise_shift_scale(Arguments(a.op, {"data": (data,), **options}))[mask]


def sparse_to_dense(a: Arguments) -> torch.Tensor:
    """The next of nonzero_data where the mask is 1, else 0. [iOS16.constexpr_ops, iOS18.compression].

    Before iOS 18 the mask is packed bits; since then it has the shape of the result.
    """
    data, mask = a.tensor("nonzero_data"), a.tensor("mask")
    if a.has("shape"):
        shape = a.integers("shape")
        mask = _unpacked(mask, 1, math.prod(shape)).reshape(shape)
    return _spread(data, mask.bool())


def _spread(data: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The next of data where the mask is true, else 0."""
    return data.new_zeros(mask.shape).masked_scatter(mask, data.reshape(-1))


def _along(value: torch.Tensor, data: torch.Tensor, axis: int) -> torch.Tensor:
    return value if value.ndim == 0 else value.reshape([-1 if i == axis % data.ndim else 1 for i in range(data.ndim)])


def _blocks(value: torch.Tensor, shape: Sequence[int]) -> torch.Tensor:
    """Repeats the elements of each axis until it is as long as `shape` says."""
    for axis, (have, wished) in enumerate(zip(value.shape, shape, strict=True)):
        if have != wished:
            value = value.repeat_interleave(wished // have, axis)
    return value


def _unpacked(packed: torch.Tensor, bits: int, count: int) -> torch.Tensor:
    return torch.from_numpy(unpack_bits(packed.numpy().astype(np.uint8), bits, count)).long()
