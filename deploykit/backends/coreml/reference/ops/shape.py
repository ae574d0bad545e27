"""Ops that give the same elements another shape or order."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from deploykit.backends.coreml.reference.ops.arguments import Arguments
from deploykit.backends.coreml.reference.ops.limits import bounded


def reshape(a: Arguments) -> torch.Tensor:
    """Another shape; -1 is inferred, 0 copies x's size, aligned at the right. [iOS17.tensor_transformation]."""
    x, shape = a.tensor("x"), a.integers("shape")
    if x.numel():  # in an empty tensor a 0 is the size 0
        shift = len(shape) - x.ndim
        for axis, size in enumerate(shape):
            if size == 0:
                shape[axis] = x.shape[axis - shift] if axis >= shift else 1
    return x.reshape(shape)


def reshape_like(a: Arguments) -> torch.Tensor:
    """The shape of pieces [begins:ends] of ref_tensors' shapes, end_masks opens an end. [iOS16]."""
    refs = a.tensors("ref_tensors")
    begins, ends, masks = (a.tensors(name) for name in ("begins", "ends", "end_masks"))
    wished: list[int] = []
    for ref, begin, end, open_end in zip(refs, begins, ends, masks, strict=True):
        wished += ref.shape[int(begin.item()) : None if open_end.item() else int(end.item())]
    return a.tensor("x").reshape(wished)


def transpose(a: Arguments) -> torch.Tensor:
    """Axes in the order `perm`. [iOS15.tensor_transformation.transpose]."""
    return a.tensor("x").permute(a.integers("perm"))


def expand_dims(a: Arguments) -> torch.Tensor:
    """New axes of size 1 at the result's positions `axes`. [iOS15.tensor_transformation.expand_dims]."""
    x, axes = a.tensor("x"), a.integers("axes")
    rank = x.ndim + len(axes)
    for axis in sorted(axis % rank for axis in axes):
        x = x.unsqueeze(axis)
    return x


def squeeze(a: Arguments) -> torch.Tensor:
    """Without the axes of size 1, or those of `axes`. [iOS15.tensor_transformation.squeeze]."""
    x = a.tensor("x")
    return x.squeeze(a.integers("axes")) if a.has("axes") else x.squeeze()


def flatten2d(a: Arguments) -> torch.Tensor:
    """[product of the axes before `axis`, product of the rest]. [iOS15.tensor_operation.flatten2d]."""
    x = a.tensor("x")
    before = x.shape[: a.integer("axis", 1)]
    return x.reshape(math.prod(before), -1)


def shape(a: Arguments) -> torch.Tensor:
    """Gives x's shape as int32 [rank]. [iOS15.tensor_operation.shape]."""
    return torch.tensor(list(a.tensor("x").shape), dtype=torch.int32)


def depth_to_space(a: Arguments) -> torch.Tensor:
    """[N, C·b², H, W] → [N, C, H·b, W·b], the block outermost in the channels. [iOS15.tensor_transformation]."""
    x, block = a.tensor("x"), a.integer("block_size")
    n, c, h, w = x.shape
    y = x.reshape(n, block, block, c // block**2, h, w).permute(0, 3, 4, 1, 5, 2)
    return y.reshape(n, c // block**2, h * block, w * block)


def space_to_depth(a: Arguments) -> torch.Tensor:
    """[N, C, H·b, W·b] → [N, C·b², H, W], the inverse of depth_to_space. [iOS15.tensor_transformation]."""
    x, block = a.tensor("x"), a.integer("block_size")
    n, c, h, w = x.shape
    y = x.reshape(n, c, h // block, block, w // block, block).permute(0, 3, 5, 1, 2, 4)
    return y.reshape(n, c * block**2, h // block, w // block)


def pixel_shuffle(a: Arguments) -> torch.Tensor:
    """[N, C·r², H, W] → [N, C, H·r, W·r], the block innermost in the channels. [iOS15.tensor_transformation]."""
    return F.pixel_shuffle(a.tensor("x"), a.integer("upscale_factor"))


def pixel_unshuffle(a: Arguments) -> torch.Tensor:
    """The inverse of pixel_shuffle. [iOS16.tensor_transformation.pixel_unshuffle]."""
    return F.pixel_unshuffle(a.tensor("x"), a.integer("downscale_factor"))


def batch_to_space(a: Arguments) -> torch.Tensor:
    """[N·bh·bw, C, H, W] → [N, C, H·bh, W·bw] without crops, the block outermost. [iOS15.tensor_transformation]."""
    x, (rows, columns) = a.tensor("x"), a.integers("block_shape")
    top, bottom, left, right = a.integers("crops")
    n, c, h, w = x.shape
    y = x.reshape(rows, columns, n // (rows * columns), c, h, w).permute(2, 3, 4, 0, 5, 1)
    y = y.reshape(n // (rows * columns), c, h * rows, w * columns)
    return y[..., top : h * rows - bottom, left : w * columns - right]


def space_to_batch(a: Arguments) -> torch.Tensor:
    """The inverse of batch_to_space, after `paddings` with zeros. [iOS15.tensor_transformation.space_to_batch]."""
    x, (rows, columns) = a.tensor("x"), a.integers("block_shape")
    top, bottom, left, right = a.integers("paddings")
    bounded(a.op, (*x.shape[:2], x.shape[2] + top + bottom, x.shape[3] + left + right))
    x = F.pad(x, (left, right, top, bottom))
    n, c, h, w = x.shape
    y = x.reshape(n, c, h // rows, rows, w // columns, columns).permute(3, 5, 0, 1, 2, 4)
    return y.reshape(n * rows * columns, c, h // rows, w // columns)
