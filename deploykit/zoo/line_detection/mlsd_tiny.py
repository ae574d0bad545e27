# /// deploykit
# [model]
# name = "mlsd-tiny"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.image]
# type = "image"
# size = [512, 512]
# mean = [0.5, 0.5, 0.5]
# std = [0.5, 0.5, 0.5]
#
# [output.centres]
# type = "tensor"
#
# [output.displacements]
# type = "tensor"
#
# [paper]
# title = "Towards Light-Weight and Real-Time Line Segment Detection"
# year = 2022
# parameters = 600000
# table = "Table 1, M-LSD-tiny"
#
# [zoo]
# difference = "the paper states 0.6 M, with one digit after the point"
# notes = [
#   "centres are scores of line centres before the sigmoid, at a half of the size; displacements lead to both ends",
#   "the fourth input channel, all ones, is made in the graph; maps of the other losses are training's and left out",
#   "picking the best centres and joining them with their ends is left to the app",
# ]
# ///
"""M-LSD-tiny: line segments, each as a centre with the ways to its two ends, from a shortened MobileNetV2."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


def convolution(
    inputs: int, outputs: int, kernel: int = 3, stride: int = 1, dilation: int = 1, groups: int = 1, act: bool = True
) -> nn.Sequential:
    """A convolution, its norm and ReLU6."""
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU6() if act else nn.Identity(),
    )


class Inverted(nn.Module):
    """MobileNetV2's inverted residual."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        middle = inputs * expansion
        expand = [convolution(inputs, middle, 1)] if expansion > 1 else []
        self.body = nn.Sequential(
            *expand, convolution(middle, middle, 3, stride, groups=middle), convolution(middle, outputs, 1, act=False)
        )
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.body(x)
        return x + out if self.shortcut else out


def stage(inputs: int, outputs: int, depth: int, stride: int, expansion: int) -> nn.Sequential:
    """Blocks of one width."""
    return nn.Sequential(
        *(Inverted(outputs if index else inputs, outputs, 1 if index else stride, expansion) for index in range(depth))
    )


class Join(nn.Module):
    """Block of type A: a fine map beside a coarse one that is enlarged."""

    def __init__(self, fine: int, coarse: int, fine_out: int, coarse_out: int) -> None:
        super().__init__()
        self.fine = convolution(fine, fine_out, 1)
        self.coarse = convolution(coarse, coarse_out, 1)

    def forward(self, fine: torch.Tensor, coarse: torch.Tensor) -> torch.Tensor:
        grown = functional.interpolate(self.coarse(coarse), scale_factor=2.0, mode="bilinear", align_corners=True)
        return torch.cat([self.fine(fine), grown], dim=1)


class Refine(nn.Module):
    """Block of type B: a residual convolution, then one to another width."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.same, self.out = convolution(inputs, inputs), convolution(inputs, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.out(x + self.same(x))
        return out


class MLSD(nn.Module):
    """Backbone, decoder, and the head with a wide view (block of type C)."""

    def __init__(self) -> None:
        super().__init__()
        self.quarter = nn.Sequential(convolution(4, 32, 3, 2), stage(32, 16, 1, 1, 1), stage(16, 24, 2, 2, 6))
        self.eighth = stage(24, 32, 3, 2, 6)
        self.sixteenth = stage(32, 64, 4, 2, 6)
        self.first, self.after_first = Join(32, 64, 64, 64), Refine(128, 64)
        self.second, self.after_second = Join(24, 64, 32, 32), Refine(64, 64)
        self.head = nn.Sequential(convolution(64, 64, dilation=5), convolution(64, 64), nn.Conv2d(64, 5, 1))

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        quarter = self.quarter(functional.pad(image, (0, 0, 0, 0, 0, 1), value=1.0))
        eighth = self.eighth(quarter)
        x = self.after_first(self.first(eighth, self.sixteenth(eighth)))
        x = self.head(self.after_second(self.second(quarter, x)))
        x = functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=True)
        return x[:, :1], x[:, 1:]


def network() -> nn.Module:
    """Untrained."""
    return MLSD()
