"""Sliding windows as picks along one axis at a time, and their sum as a transposed convolution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F


def im2col(
    x: torch.Tensor, kernel: Sequence[int], dilation: Sequence[int], padding: Sequence[int], stride: Sequence[int]
) -> torch.Tensor:
    """`F.unfold`: [N, C, H, W] or [C, H, W] → [N, C · kh · kw, places]."""
    batched = x if x.dim() == 4 else x[None]
    n, c = batched.shape[:2]
    if any(padding):
        batched = F.pad(batched, (padding[1], padding[1], padding[0], padding[0]))
    places = []
    for i in (0, 1):
        size = batched.shape[2 + i]
        places.append((size - dilation[i] * (kernel[i] - 1) - 1) // stride[i] + 1)
        index = [k * dilation[i] + p * stride[i] for k in range(kernel[i]) for p in range(places[i])]
        if index != list(range(size)):
            batched = batched.index_select(2 + i, torch.tensor(index))
    windows = batched.reshape(n * c, kernel[0], places[0], kernel[1], places[1]).permute(0, 1, 3, 2, 4)
    windows = windows.reshape(n, c * kernel[0] * kernel[1], places[0] * places[1])
    return windows if x.dim() == 4 else windows[0]


def col2im(
    x: torch.Tensor,
    output_size: Sequence[int],
    kernel: Sequence[int],
    dilation: Sequence[int],
    padding: Sequence[int],
    stride: Sequence[int],
) -> torch.Tensor:
    """`F.fold`, a transposed convolution with one channel per place in the window: [N, C · kh · kw, places] → image."""
    batched = x if x.dim() == 3 else x[None]
    n, area = batched.shape[0], kernel[0] * kernel[1]
    c = batched.shape[1] // area
    reach = [dilation[i] * (kernel[i] - 1) + 1 for i in (0, 1)]
    places = [(output_size[i] + 2 * padding[i] - reach[i]) // stride[i] + 1 for i in (0, 1)]
    unit = [[float(row == column) for column in range(area)] for row in range(area)]  # no eye: LiteRT has no iota
    weight = torch.tensor(unit, dtype=x.dtype).reshape(area, 1, *kernel)
    windows = batched.reshape(n * c, area, *places)
    image = F.conv_transpose2d(windows, weight, stride=tuple(stride), dilation=tuple(dilation))
    missing = [output_size[i] + 2 * padding[i] - image.shape[2 + i] for i in (0, 1)]
    if any(missing):  # the border that no window reaches
        image = F.pad(image, (0, missing[1], 0, missing[0]))
    image = image[:, :, padding[0] : padding[0] + output_size[0], padding[1] : padding[1] + output_size[1]]
    image = image.reshape(n, c, *output_size)
    return image if x.dim() == 3 else image[0]


def unfold(x: torch.Tensor, dimension: int, size: int, step: int) -> torch.Tensor:
    """`Tensor.unfold`: windows along one dimension, their places last."""
    dim = dimension % x.dim()
    count = (x.shape[dim] - size) // step + 1
    index = [p * step + k for p in range(count) for k in range(size)]
    picked = x if index == list(range(x.shape[dim])) else x.index_select(dim, torch.tensor(index))
    shape = x.shape
    # (before, places, in the window, after) → (before, places, after, in the window)
    before, after = shape[:dim].numel(), shape[dim + 1 :].numel()
    windows = picked.reshape(before, count, size, after).permute(0, 1, 3, 2)
    return windows.reshape(*shape[:dim], count, *shape[dim + 1 :], size)


WINDOWS: dict[str, Any] = {
    "aten.im2col.default": im2col,
    "aten.col2im.default": col2im,
    "aten.unfold.default": unfold,
}
