# /// deploykit
# [model]
# name = "cgnet-weather"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.fields]
# type = "tensor"
# shape = [1, 4, 768, 1152]
# range = [-2.0, 2.0]
#
# [output.scores]
# type = "class-map"
#
# [paper]
# title = "Improving extreme weather events detection with light-weight neural networks"
# year = 2023
#
# [zoo]
# notes = [
#   "The fields are given with mean 0 and deviation 1; the scores are those of background, cyclone and river.",
#   "The paper's gains are in the loss and in fields computed of others; the network is CGNet (M = 3, N = 21).",
# ]
# ///
"""CGNet finds tropical cyclones and atmospheric rivers in four fields of a climate model."""

from __future__ import annotations

import torch
from torch import nn

FIELDS = 4
"""Water vapour, eastward and northward wind at 850 hPa, pressure at sea level."""


class Norm(nn.Sequential):
    """Batch norm and PReLU."""

    def __init__(self, channels: int) -> None:
        super().__init__(nn.BatchNorm2d(channels, eps=1e-3), nn.PReLU(channels))


class Conv(nn.Sequential):
    """A convolution of the picture's own size or half of it, and its norm."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> None:
        conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        super().__init__(conv, Norm(outputs))


class ContextGuided(nn.Module):
    """CG block: what is near, what is around it, and what is in the whole picture."""

    def __init__(self, inputs: int, outputs: int, dilation: int, reduction: int, down: bool = False) -> None:
        super().__init__()
        inner = outputs if down else outputs // 2
        self.reduce = Conv(inputs, outputs, 3, 2) if down else Conv(inputs, inner, 1)
        self.local = nn.Conv2d(inner, inner, 3, padding=1, groups=inner, bias=False)
        self.around = nn.Conv2d(inner, inner, 3, padding=dilation, dilation=dilation, groups=inner, bias=False)
        self.norm = Norm(2 * inner)
        self.join = nn.Conv2d(2 * inner, outputs, 1, bias=False) if down else nn.Identity()
        self.whole = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(outputs, outputs // reduction),
            nn.ReLU(),
            nn.Linear(outputs // reduction, outputs),
            nn.Sigmoid(),
            nn.Unflatten(1, (outputs, 1, 1)),
        )
        self.down = down

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        reduced = self.reduce(x)
        joined = self.join(self.norm(torch.cat([self.local(reduced), self.around(reduced)], 1)))
        found = joined * self.whole(joined)
        return found if self.down else x + found


class CGNet(nn.Module):
    """Two stages of CG blocks, 3 and 21, which are given the input again in small."""

    def __init__(self, fields: int, labels: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(Conv(fields, 32, stride=2), Conv(32, 32), Conv(32, 32))
        self.halve = nn.AvgPool2d(3, 2, 1)
        self.norm1 = Norm(32 + fields)
        self.down2 = ContextGuided(32 + fields, 64, 2, 8, down=True)
        self.stage2 = nn.Sequential(*(ContextGuided(64, 64, 2, 8) for _ in range(2)))
        self.norm2 = Norm(128 + fields)
        self.down3 = ContextGuided(128 + fields, 128, 4, 16, down=True)
        self.stage3 = nn.Sequential(*(ContextGuided(128, 128, 4, 16) for _ in range(20)))
        self.norm3 = Norm(256)
        self.head = nn.Conv2d(256, labels, 1, bias=False)

    def forward(self, fields: torch.Tensor) -> torch.Tensor:
        half = self.halve(fields)
        x = self.down2(self.norm1(torch.cat([self.stem(fields), half], 1)))
        x = self.norm2(torch.cat([self.stage2(x), x, self.halve(half)], 1))
        x = self.down3(x)
        x = self.norm3(torch.cat([self.stage3(x), x], 1))
        scores: torch.Tensor = nn.functional.interpolate(self.head(x), scale_factor=8.0, mode="bilinear")
        return scores


def network() -> nn.Module:
    """Untrained; background, cyclone, river."""
    return CGNet(FIELDS, 3)
