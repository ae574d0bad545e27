# /// deploykit
# [model]
# name = "alike"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.image]
# type = "image"
# size = [480, 640]
#
# [output.scores]
# type = "tensor"
#
# [output.descriptors]
# type = "tensor"
#
# [paper]
# title = "ALIKE: Accurate and Lightweight Keypoint Detection and Descriptor Extraction"
# year = 2022
# parameters = 318000
# multiply_adds = 7.909e9
# table = "Comparison of detectors, ALIKE-N"
#
# [zoo]
# difference = "the published widths sum up to this; counted the same way, ALIKE-L has the table's 653 K"
# notes = [
#   "ALIKE-N; a score and a descriptor of 128 numbers for each pixel",
#   "non-maximum suppression, sub-pixel places and sampling of descriptors depend on the picture: left to the app",
#   "sides have to be multiples of 32",
# ]
# ///
"""ALIKE: key points' scores and descriptors for every pixel, from four scales of a small residual network."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


def double(inputs: int, outputs: int) -> nn.Sequential:
    """Two 3 x 3 convolutions with their norms."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
    )


class ResBlock(nn.Module):
    """Both, beside a projection."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.convolutions = double(inputs, outputs)
        self.shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.convolutions(x) + self.shortcut(x))


class ALIKE(nn.Module):
    """Encoder, feature aggregation, and one head for scores and descriptors.

    Args:
        widths: channels at full size, and at a half, an eighth and a thirty-second of it.
        descriptor: numbers of a descriptor.
    """

    def __init__(self, widths: tuple[int, int, int, int] = (16, 32, 64, 128), descriptor: int = 128) -> None:
        super().__init__()
        first, second, third, fourth = widths
        self.scales = nn.ModuleList(
            [
                nn.Sequential(double(3, first), nn.ReLU()),
                nn.Sequential(nn.MaxPool2d(2), ResBlock(first, second)),
                nn.Sequential(nn.MaxPool2d(4), ResBlock(second, third)),
                nn.Sequential(nn.MaxPool2d(4), ResBlock(third, fourth)),
            ]
        )
        self.laterals = nn.ModuleList(nn.Conv2d(width, descriptor // 4, 1, bias=False) for width in widths)
        self.head = nn.Conv2d(descriptor, descriptor + 1, 1, bias=False)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x, levels = image, []
        for scale, lateral in zip(self.scales, self.laterals, strict=True):
            x = scale(x)
            level = torch.relu(lateral(x))
            if levels:
                level = functional.interpolate(level, size=image.shape[2:], mode="bilinear", align_corners=True)
            levels.append(level)
        x = self.head(torch.cat(levels, dim=1))
        return torch.sigmoid(x[:, -1:]), x[:, :-1]


def network() -> nn.Module:
    """Untrained."""
    return ALIKE()
