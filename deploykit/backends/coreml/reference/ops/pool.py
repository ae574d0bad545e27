"""Pools over one, two or three spatial axes; x [N, C, *D]."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from deploykit.backends.coreml.reference.ops.arguments import Arguments
from deploykit.backends.coreml.reference.ops.padding import Pads, padded, torch_order, window_pads
from deploykit.errors import ArtifactError

_MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
_AVERAGE = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}


@dataclass(frozen=True, slots=True)
class _Windows:
    """Where the windows lie: the declared pads, those with ceil_mode's overhang, and the output's size."""

    kernel: list[int]
    strides: list[int]
    declared: Pads
    padded: Pads
    sizes: list[int]

    @classmethod
    def of(cls, a: Arguments, x: torch.Tensor) -> _Windows:
        axes = x.ndim - 2
        if not 1 <= axes <= 3:
            raise ArtifactError(f"{a.op}: x has shape {list(x.shape)}; its rank must be 3, 4 or 5")
        kernel, strides = a.integers("kernel_sizes"), a.integers("strides", [1] * axes)
        declared = window_pads(a, x.shape[2:], kernel, strides, [1] * axes)
        ceil = a.flag("ceil_mode", False)
        padded: Pads = []
        sizes: list[int] = []
        for size, taps, stride, (before, after) in zip(x.shape[2:], kernel, strides, declared, strict=True):
            room = size + before + after - taps
            count = (-(-room // stride) if ceil else room // stride) + 1
            if ceil and before + after > 0 and (count - 1) * stride >= size + before:
                count -= 1  # the last window would start in the padding
            overhang = (count - 1) * stride + taps - size - before
            padded.append((before, max(overhang, after)))
            sizes.append(count)
        return cls(kernel, strides, declared, padded, sizes)

    def cut(self, y: torch.Tensor) -> torch.Tensor:
        for axis, size in enumerate(self.sizes, start=2):
            y = y.narrow(axis, 0, size)
        return y

    def average(self, x: torch.Tensor) -> torch.Tensor:
        """The mean over full windows of x, which has all its padding."""
        return self.cut(_AVERAGE[len(self.kernel)](x, self.kernel, self.strides))


def max_pool(a: Arguments) -> torch.Tensor:
    """The largest element of each window. [iOS15.pool.max_pool]."""
    x = a.tensor("x")
    windows = _Windows.of(a, x)
    around = padded(x, windows.padded, -math.inf)
    return windows.cut(_MAX[len(windows.kernel)](around, windows.kernel, windows.strides))


def l2_pool(a: Arguments) -> torch.Tensor:
    """The square root of the sum of squares of each window. [iOS15.pool.l2_pool]."""
    x = a.tensor("x")
    windows = _Windows.of(a, x)
    mean = windows.average(padded(x.square(), windows.padded))
    return torch.sqrt(mean * math.prod(windows.kernel))


def avg_pool(a: Arguments) -> torch.Tensor:
    """The mean of each window; declared pads count as zeros unless excluded. [iOS15.pool.avg_pool]."""
    x = a.tensor("x")
    windows = _Windows.of(a, x)
    mean = windows.average(padded(x, windows.padded))
    if not any(map(any, windows.padded)):
        return mean
    # ceil_mode's overhang is never counted, as in torch; so the counted part of each window is measured.
    counted = x.new_ones([1, 1, *x.shape[2:]])
    rest = windows.padded
    if not a.flag("exclude_padding_from_average", False):
        counted = F.pad(counted, torch_order(windows.declared), value=1.0)
        rest = [(0, after - own) for (_, after), (_, own) in zip(windows.padded, windows.declared, strict=True)]
    return mean / windows.average(F.pad(counted, torch_order(rest)))
