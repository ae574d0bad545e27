# /// deploykit
# [model]
# name = "m-lsd"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.image]
# type = "image"
# size = [512, 512]
# resize = "bilinear"
# mean = [0.5]
# std = [0.5]
#
# [output.segments]
# type = "tensor"
#
# [paper]
# title = "Towards Light-weight and Real-time Line Segment Detection"
# year = 2021
# parameters = 600_000
# table = "results on Wireframe, M-LSD-tiny"
#
# [zoo]
# difference = "The paper states it in tenths of a million."
# notes = [
#   "Map 1 has the middles of segments, maps 2 to 5 where their ends are; choosing the best middles is the app's.",
#   "The fourth channel of ones, which the paper's input has, is made inside.",
#   "Seven maps of the training's segments of segments (SoL) are left out.",
# ]
# ///
"""M-LSD-tiny: line segments from one small map of middles and displacements."""

from __future__ import annotations

import torch
from torch import nn

STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2))
"""Of MobileNetV2: expansion, channels, blocks, stride of the first."""


class Conv(nn.Sequential):
    """A convolution, a norm and an activation."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 3,
        stride: int = 1,
        groups: int = 1,
        dilation: int = 1,
        top: int = 0,
    ) -> None:
        padding = dilation * (kernel // 2)
        conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, groups, bias=False)
        super().__init__(conv, nn.BatchNorm2d(outputs), nn.ReLU6() if top else nn.ReLU())


class Inverted(nn.Module):
    """MobileNetV2's block."""

    def __init__(self, inputs: int, outputs: int, expansion: int, stride: int) -> None:
        super().__init__()
        inner = inputs * expansion
        self.layers = nn.Sequential(
            Conv(inputs, inner, 1, top=6) if expansion > 1 else nn.Identity(),
            Conv(inner, inner, 3, stride, groups=inner, top=6),
            nn.Conv2d(inner, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        passed: torch.Tensor = self.layers(x)
        return x + passed if self.shortcut else passed


class Merge(nn.Module):
    """Block A: a fine map, and a coarse one brought to its size."""

    def __init__(self, fine: int, coarse: int, channels: int) -> None:
        super().__init__()
        self.fine, self.coarse = Conv(fine, channels, 1), Conv(coarse, channels, 1)

    def forward(self, fine: torch.Tensor, coarse: torch.Tensor) -> torch.Tensor:
        larger = nn.functional.interpolate(self.coarse(coarse), scale_factor=2.0, mode="bilinear", align_corners=True)
        return torch.cat([self.fine(fine), larger], 1)


class Refine(nn.Module):
    """Block B: a residual convolution, and one that changes the channels."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.same, self.change = Conv(inputs, inputs), Conv(inputs, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        changed: torch.Tensor = self.change(self.same(x) + x)
        return changed


class MLSD(nn.Module):
    """A cut MobileNetV2, two merges, and block C, which looks far with dilation 5."""

    def __init__(self) -> None:
        super().__init__()
        channels = 32
        self.stem = Conv(4, channels, 3, 2, top=6)
        self.stages = nn.ModuleList()
        for expansion, outputs, count, stride in STAGES:
            blocks = [
                Inverted(channels if i == 0 else outputs, outputs, expansion, stride if i == 0 else 1)
                for i in range(count)
            ]
            self.stages.append(nn.Sequential(*blocks))
            channels = outputs
        self.merge3, self.refine3 = Merge(32, 64, 64), Refine(128, 64)
        self.merge2, self.refine2 = Merge(24, 64, 32), Refine(64, 64)
        self.head = nn.Sequential(Conv(64, 64, dilation=5), Conv(64, 64), nn.Conv2d(64, 9, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        ones = torch.full_like(image[:, :1], 1 / 127.5 - 1)
        x = self.stem(torch.cat([image, ones], 1))
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        x = self.refine3(self.merge3(maps[2], maps[3]))
        x = self.refine2(self.merge2(maps[1], x))
        return nn.functional.interpolate(self.head(x), scale_factor=2.0, mode="bilinear", align_corners=True)


def network() -> nn.Module:
    """Untrained."""
    return MLSD()
