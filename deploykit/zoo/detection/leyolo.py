# /// deploykit
# [model]
# name = "leyolo"
# license = "Apache-2.0"
#
# [task]
# type = "object-detection"
#
# [input.image]
# type = "image"
# size = [320, 320]
# crop = "letterbox"
#
# [output.boxes]
# type = "boxes"
# scores = "scores"
# min_score = 0.25
# overlap = 0.7
#
# [output.scores]
# type = "tensor"
#
# [paper]
# title = "LeYOLO, New Scalable and Efficient CNN Architecture for Object Detection"
# year = 2024
# parameters = 1_100_000
# table = "Table of results on COCO, LeYOLO-Nano"
#
# [zoo]
# classes = 80
# notes = [
#     "LeYOLO-Nano at 320 pixels, of which the paper states 0.66 GFLOP, two for each multiply-add.",
#     "The classes are COCO's.",
#     "Boxes are decoded in the graph; suppressing those that overlap is left to the SDK.",
# ]
# ///
"""LeYOLO-Nano: a detector of inverted bottlenecks, in its narrow neck as well, where most YOLOs convolve densely."""

from __future__ import annotations

import torch
from torch import nn

from deploykit.zoo.blocks import ConvNorm

SIDE = 320
STRIDES = (8, 16, 32)
NECK = (32, 64, 96)
"""Channels at each stride."""
CLASSES = 80
BINS = 16
"""A distance to a side is the mean of so many, weighed by their scores."""


def conv(inputs: int, outputs: int, size: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution with bias, batch norm and SiLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups), nn.BatchNorm2d(outputs), nn.SiLU()
    )


class Bottleneck(nn.Module):
    """MobileNet's inverted bottleneck; where it would not widen, its first convolution is left out."""

    def __init__(
        self, inputs: int, outputs: int, inner: int, size: int, stride: int = 1, *, widens: bool = True
    ) -> None:
        super().__init__()
        self.inside = nn.Sequential(
            *([conv(inputs, inner)] if widens else []),
            conv(inner, inner, size, stride, inner),
            nn.Conv2d(inner, outputs, 1),
            nn.BatchNorm2d(outputs),
        )
        self.skip = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.inside(x) if self.skip else self.inside(x)


class Pyramid(nn.Module):
    """SPPF: the largest of ever larger neighbourhoods."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.shrink = ConvNorm(channels, channels // 2, activation=nn.SiLU)
        self.pool = nn.MaxPool2d(5, 1, 2)
        self.join = ConvNorm(2 * channels, channels, activation=nn.SiLU)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        seen = [self.shrink(x)]
        for _ in range(3):
            seen.append(self.pool(seen[-1]))
        return self.join(torch.cat(seen, 1))


def row(inputs: int, outputs: int, inner: int, size: int) -> nn.Sequential:
    """Three bottlenecks of the neck."""
    first = Bottleneck(inputs, outputs, inner, size)
    return nn.Sequential(first, *(Bottleneck(outputs, outputs, inner, size) for _ in range(2)))


def head(inputs: int, inner: int, outputs: int) -> nn.Sequential:
    """1×1, two depthwise, 1×1."""
    depthwise = [ConvNorm(inner, inner, 3, groups=inner, activation=nn.SiLU) for _ in range(2)]
    return nn.Sequential(ConvNorm(inputs, inner, activation=nn.SiLU), *depthwise, nn.Conv2d(inner, outputs, 1))


class LeYolo(nn.Module):
    """1 × 3 × 320 × 320 → boxes 1 × 4 × 2100 in pixels, scores 1 × 80 × 2100."""

    middles: torch.Tensor
    strides: torch.Tensor
    bins: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        low, middle, high = NECK
        self.third = nn.Sequential(
            conv(3, 16, 3, 2),
            conv(16, 16),
            Bottleneck(16, 16, 16, 3, 2, widens=False),
            Bottleneck(16, low, 96, 3, 2),
            Bottleneck(low, low, 96, 3),
        )
        self.fourth = nn.Sequential(
            Bottleneck(low, middle, 96, 5, 2), *(Bottleneck(middle, middle, 192, 5) for _ in range(4))
        )
        self.fifth = nn.Sequential(
            Bottleneck(middle, high, 576, 5, 2), *(Bottleneck(high, high, 576, 5) for _ in range(3)), Pyramid(high)
        )
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.middle_up = row(high + middle, middle, 128, 5)
        joined = middle + low
        self.low_up = nn.Sequential(
            Bottleneck(joined, low, joined, 3, widens=False), *(Bottleneck(low, low, 64, 3) for _ in range(2))
        )
        self.to_middle, self.to_high = conv(low, middle, 3, 2), conv(middle, high, 3, 2)
        self.middle_down = row(2 * middle, middle, 128, 5)
        self.high_down = row(2 * high, high, 192, 5)
        self.sides = nn.ModuleList(head(width, 64, 4 * BINS) for width in NECK)
        self.classes = nn.ModuleList(head(width, CLASSES, CLASSES) for width in NECK)
        grids = [(torch.arange(SIDE // stride) + 0.5) * stride for stride in STRIDES]
        middles = [torch.stack(torch.meshgrid(at, at, indexing="xy")).reshape(2, -1) for at in grids]
        strides = [torch.full((1, len(at) ** 2), float(stride)) for at, stride in zip(grids, STRIDES, strict=True)]
        self.register_buffer("middles", torch.cat(middles, 1)[None], persistent=False)
        self.register_buffer("strides", torch.cat(strides, 1)[None], persistent=False)
        self.register_buffer("bins", torch.arange(BINS, dtype=torch.float32).reshape(1, 1, BINS, 1), persistent=False)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        third = self.third(image)
        fourth = self.fourth(third)
        fifth = self.fifth(fourth)
        fourth = self.middle_up(torch.cat([self.up(fifth), fourth], 1))
        third = self.low_up(torch.cat([self.up(fourth), third], 1))
        fourth = self.middle_down(torch.cat([self.to_middle(third), fourth], 1))
        fifth = self.high_down(torch.cat([self.to_high(fourth), fifth], 1))
        maps = (third, fourth, fifth)
        sides = torch.cat([side(x).flatten(2) for side, x in zip(self.sides, maps, strict=True)], 2)
        scores = torch.cat([each(x).flatten(2) for each, x in zip(self.classes, maps, strict=True)], 2)
        weights = sides.reshape(sides.shape[0], 4, BINS, -1).softmax(2)
        distances = (weights * self.bins).sum(2) * self.strides
        boxes = torch.cat([self.middles - distances[:, :2], self.middles + distances[:, 2:]], 1)
        return boxes, scores.sigmoid()


def network() -> nn.Module:
    """Untrained."""
    return LeYolo()
