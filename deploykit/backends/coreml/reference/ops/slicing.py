"""Slices, crops and reversals."""

from __future__ import annotations

import torch

from deploykit.backends.coreml.reference.ops.arguments import Arguments
from deploykit.backends.coreml.reference.ops.limits import bounded
from deploykit.errors import ArtifactError


def slice_by_index(a: Arguments) -> torch.Tensor:
    """x[begin:end:stride] per axis as in NumPy; masks open an end, or take one index. [iOS15.tensor_transformation]."""
    x = a.tensor("x")
    ranges, squeezed = _ranges(a, x)
    y = x
    for axis, taken in enumerate(ranges):
        if taken == range(x.shape[axis]):
            continue
        if taken.step == 1 or len(taken) == 1:
            y = y.narrow(axis, taken.start if taken else 0, len(taken))
        else:
            y = y.index_select(axis, torch.tensor(taken, dtype=torch.int64))
    return y.squeeze(squeezed) if squeezed else y


def slice_update(a: Arguments) -> torch.Tensor:
    """Gives x with the elements of that slice replaced by `update`. [iOS18.tensor_transformation.slice_update]."""
    x, update = a.tensor("x"), a.tensor("update")
    ranges, squeezed = _ranges(a, x)
    for axis in squeezed:
        update = update.unsqueeze(axis)
    y = x.clone()
    y[torch.meshgrid(*[torch.tensor(taken, dtype=torch.int64) for taken in ranges], indexing="ij")] = update.to(x.dtype)
    return y


def slice_by_size(a: Arguments) -> torch.Tensor:
    """`size` elements from `begin` per axis; size -1 is all the rest. [iOS15.tensor_transformation.slice_by_size]."""
    x = a.tensor("x")
    for axis, (begin, size) in enumerate(zip(a.integers("begin"), a.integers("size"), strict=True)):
        start = begin % x.shape[axis] if begin < 0 else begin
        x = x.narrow(axis, start, x.shape[axis] - start if size == -1 else size)
    return x


def reverse(a: Arguments) -> torch.Tensor:
    """Gives x backwards along `axes` (default: all). [iOS15.tensor_transformation.reverse]."""
    x = a.tensor("x")
    return x.flip(a.integers("axes", range(x.ndim)))


def reverse_sequence(a: Arguments) -> torch.Tensor:
    """The first lengths[i] elements along seq_axis backwards, for each i of batch_axis. [iOS15]."""
    x = a.tensor("x")
    batch, axis = a.integer("batch_axis", 0) % x.ndim, a.integer("seq_axis", 0) % x.ndim
    lengths = a.tensor("lengths").long().reshape([-1 if i == batch else 1 for i in range(x.ndim)])
    at = torch.arange(x.shape[axis]).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
    return x.gather(axis, torch.where(at < lengths, lengths - 1 - at, at).expand(x.shape))


def crop(a: Arguments) -> torch.Tensor:
    """[N, C, H, W] without crop_height (top, bottom) and crop_width (left, right). [iOS15.image_resizing.crop]."""
    x = a.tensor("x")
    (top, bottom), (left, right) = a.integers("crop_height"), a.integers("crop_width")
    return x[..., top : x.shape[-2] - bottom, left : x.shape[-1] - right]


def sliding_windows(a: Arguments) -> torch.Tensor:
    """Overlapping windows of `size` along axis; axis+1 runs within a window. [iOS15.tensor_transformation]."""
    x = a.tensor("x")
    axis = a.integer("axis") % x.ndim
    windows = x.unfold(axis, a.integer("size"), a.integer("stride", 1)).movedim(-1, axis + 1)
    bounded(a.op, windows.shape)  # a view so far, and as large as that when the next op takes it
    return windows


def _ranges(a: Arguments, x: torch.Tensor) -> tuple[list[range], list[int]]:
    """The indices taken per axis, and the axes that are then dropped."""
    none = [0] * x.ndim
    begin, end = a.integers("begin"), a.integers("end")
    stride = a.integers("stride", [1] * x.ndim)
    masks = [a.integers(name, none) for name in ("begin_mask", "end_mask", "squeeze_mask")]
    if any(len(values) != x.ndim for values in (begin, end, stride, *masks)):
        raise ArtifactError(f"{a.op}: begin, end, stride and masks must have {x.ndim} elements, the rank of x")
    open_begin, open_end, squeeze = masks
    ranges: list[range] = []
    for axis, size in enumerate(x.shape):
        if squeeze[axis]:
            index = range(size)[begin[axis]]
            ranges.append(range(index, index + 1))
            continue
        first = None if open_begin[axis] else begin[axis]
        last = None if open_end[axis] else end[axis]
        ranges.append(range(size)[first : last : stride[axis]])
    return ranges, [axis for axis in range(x.ndim) if squeeze[axis]]
