# /// deploykit
# [model]
# name = "slowfast"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.slow]
# type = "tensor"
# shape = [1, 3, 4, 256, 256]
# range = [-2.0, 2.0]
#
# [input.fast]
# type = "tensor"
# shape = [1, 3, 32, 256, 256]
# range = [-2.0, 2.0]
#
# [output.scores]
# type = "tensor"
#
# [paper]
# title = "SlowFast Networks for Video Recognition"
# year = 2018
# multiply_adds = 36.1e9
# table = "Table 2, SlowFast 4×16, R50"
#
# [zoo]
# notes = [
#   "Frames have mean 0.45 and deviation 0.225 taken off; the slow path's are every eighth of the fast path's.",
#   "400 scores, of Kinetics-400's actions.",
# ]
# ///
"""SlowFast 4×16, R50: one path sees few frames in full, the other many frames with an eighth of the channels."""

from __future__ import annotations

import torch
from torch import nn

BLOCKS = (3, 4, 6, 3)
RATIO = 8
"""Frames of the fast path for one of the slow path (α), and channels the other way round (1/β)."""


def conv(inputs: int, outputs: int, kernel: tuple[int, int], stride: tuple[int, int] = (1, 1)) -> list[nn.Module]:
    """A convolution over time and a square of the picture, and a norm; kernel and stride: of time, of the picture."""
    (t, s), (dt, ds) = kernel, stride
    layer = nn.Conv3d(inputs, outputs, (t, s, s), (dt, ds, ds), (t // 2, s // 2, s // 2), bias=False)
    return [layer, nn.BatchNorm3d(outputs)]


class Bottleneck(nn.Module):
    """ResNet's block; its first convolution may look over frames."""

    def __init__(self, inputs: int, inner: int, time: int, stride: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *conv(inputs, inner, (time, 1)),
            nn.ReLU(),
            *conv(inner, inner, (1, 3), (1, stride)),
            nn.ReLU(),
            *conv(inner, 4 * inner, (1, 1)),
        )
        same = stride == 1 and inputs == 4 * inner
        self.shortcut = nn.Identity() if same else nn.Sequential(*conv(inputs, 4 * inner, (1, 1), (1, stride)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (self.shortcut(x) + self.layers(x)).relu()


def stem(channels: int, time: int) -> nn.Module:
    """The first convolution and the pooling."""
    return nn.Sequential(
        *conv(3, channels, (time, 7), (1, 2)), nn.ReLU(), nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1))
    )


def stage(inputs: int, inner: int, count: int, time: int, stride: int) -> nn.Module:
    """Blocks of one size."""
    first = Bottleneck(inputs, inner, time, stride)
    return nn.Sequential(first, *(Bottleneck(4 * inner, inner, time, 1) for _ in range(count - 1)))


class SlowFast(nn.Module):
    """Both paths, joined after the stem and three stages by convolutions with steps over time."""

    def __init__(self) -> None:
        super().__init__()
        slow, fast = 64, 64 // RATIO
        self.slow_stem, self.fast_stem = stem(slow, 1), stem(fast, 5)
        self.slow_stages, self.fast_stages, self.laterals = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for index, count in enumerate(BLOCKS):
            lateral = nn.Sequential(*conv(fast, 2 * fast, (5, 1), (RATIO, 1)), nn.ReLU())
            inner, stride = 64 * 2**index, 1 if index == 0 else 2
            self.laterals.append(lateral)
            self.slow_stages.append(stage(slow + 2 * fast, inner, count, 1 if index < 2 else 3, stride))
            self.fast_stages.append(stage(fast, inner // RATIO, count, 3, stride))
            slow, fast = 4 * inner, 4 * inner // RATIO
        self.head = nn.Linear(slow + fast, 400)

    def forward(self, slow: torch.Tensor, fast: torch.Tensor) -> torch.Tensor:
        slow, fast = self.slow_stem(slow), self.fast_stem(fast)
        for lateral, slow_stage, fast_stage in zip(self.laterals, self.slow_stages, self.fast_stages, strict=True):
            slow = slow_stage(torch.cat([slow, lateral(fast)], 1))
            fast = fast_stage(fast)
        scores: torch.Tensor = self.head(torch.cat([slow.mean((2, 3, 4)), fast.mean((2, 3, 4))], 1))
        return scores


def network() -> nn.Module:
    """Untrained."""
    return SlowFast()
