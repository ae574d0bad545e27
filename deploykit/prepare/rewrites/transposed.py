"""Transposed convolutions without output padding."""

from __future__ import annotations

from collections.abc import Sequence
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
