"""Transposed convolutions without output padding, or as convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import torch
import torch.nn.functional as F


def convolution(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: Sequence[int] = (1,),
    padding: Sequence[int] = (0,),
    output_padding: Sequence[int] = (0,),
    groups: int = 1,
    dilation: Sequence[int] = (1,),
) -> Any:
    """`aten.conv_transpose1d`, `2d`: the whole result, of which the padding is cut off less at the end.

    Args:
        x: [N, C, sizes...].
        weight: [C, channels / groups, kernel...].
        bias: [channels].
        stride: one number, or one an axis; the following likewise.
        padding: cut off at both ends.
        output_padding: added at the end.
        groups: as of the op.
        dilation: as of the op.
    """
    axes = x.dim() - 2
    cut, extra = (list(v) * (axes if len(v) == 1 else 1) for v in (padding, output_padding))
    if not any(extra) or any(e > c for e, c in zip(extra, cut, strict=True)):
        return NotImplemented
    op = F.conv_transpose1d if axes == 1 else F.conv_transpose2d
    steps, apart = (list(v) * (axes if len(v) == 1 else 1) for v in (stride, dilation))  # litert-torch wants all told
    made = op(x, weight, bias, steps, [0] * axes, [0] * axes, groups, apart)
    for axis, (c, e) in enumerate(zip(cut, extra, strict=True), start=2):
        made = made.narrow(axis, c, made.shape[axis] - 2 * c + e)
    return made


def over_spread_pixels(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: Sequence[int] = (1,),
    padding: Sequence[int] = (0,),
    output_padding: Sequence[int] = (0,),
    groups: int = 1,
    dilation: Sequence[int] = (1,),
) -> Any:
    """`aten.conv_transpose1d`, `2d`, `3d` with groups, dilation or a depth: as a convolution of the flipped kernel over
    pixels with zeros between them; see `convolution` for the arguments.

    Dumoulin and Visin, A guide to convolution arithmetic for deep learning (2016), section 4.5.
    """
    axes = x.dim() - 2
    steps, cut, extra, apart = (
        list(v) * (axes if len(v) == 1 else 1) for v in (stride, padding, output_padding, dilation)
    )
    if axes < 3 and groups == 1 and set(apart) == {1}:
        return NotImplemented
    reach = [d * (k - 1) for d, k in zip(apart, weight.shape[2:], strict=True)]
    if any(p > r for p, r in zip(cut, reach, strict=True)):
        return NotImplemented
    for axis, step in enumerate(steps, start=2):
        x = _spread(x, axis, step)
    room = [side for r, p, e in zip(reach, cut, extra, strict=True) for side in (r - p + e, r - p)]
    x = F.pad(x, room[::-1])  # which begins with the last axis
    inputs, outputs, *kernel = weight.shape
    flipped = weight.reshape(groups, inputs // groups, outputs, *kernel).transpose(1, 2).flatten(0, 1)
    for axis in range(2, flipped.dim()):
        flipped = flipped.flip(axis)
    op = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[axes]
    return op(x, flipped, bias, 1, 0, apart, groups)


def _spread(x: torch.Tensor, axis: int, step: int) -> torch.Tensor:
    """With step - 1 zeros between the values along an axis."""
    if step == 1:
        return x
    before, size, after = x.shape[:axis], x.shape[axis], x.shape[axis + 1 :]
    apart = F.pad(x.reshape(prod(before), size, 1, prod(after)), (0, 0, 0, step - 1))
    return apart.reshape(*before, size * step, *after).narrow(axis, 0, (size - 1) * step + 1)


TRANSPOSED: dict[str, Any] = {
    "aten.conv_transpose1d.default": over_spread_pixels,
    "aten.conv_transpose2d.input": over_spread_pixels,
    "aten.conv_transpose3d.input": over_spread_pixels,
}
