# /// deploykit
# [model]
# name = "moganet"
# license = "Apache-2.0"
#
# [task]
# type = "image-classification"
#
# [input.image]
# type = "image"
# size = [224, 224]
# resize = "bicubic"
# crop = "center"
# crop_fraction = 0.9
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.scores]
# type = "scores"
#
# [paper]
# title = "Efficient Multi-order Gated Aggregation Network"
# year = 2022
# parameters = 5_200_000
# multiply_adds = 1.10e9
# table = "Table of ImageNet-1K classification, MogaNet-T at 224 pixels"
#
# [zoo]
# classes = 1000
# ///
"""MogaNet-T: gated depthwise convolutions of three orders, the larger ones dilated."""

from __future__ import annotations

import torch
from torch import nn

from deploykit.zoo.blocks import LayerScale2d, Residual

STAGES = ((32, 3, 8), (64, 3, 8), (128, 12, 4), (256, 2, 4))
"""Channels, blocks, expansion of the channel mixer."""


def depthwise(channels: int, size: int, dilation: int = 1) -> nn.Conv2d:
    """Keeps the size."""
    return nn.Conv2d(channels, channels, size, padding=dilation * (size // 2), dilation=dilation, groups=channels)


class Decompose(nn.Module):
    """Adds to each channel what it has beyond `part`: its mean, or what all channels have in common."""

    def __init__(self, channels: int, part: nn.Module) -> None:
        super().__init__()
        self.part = part
        self.scale = LayerScale2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.scale(x - self.part(x))


class MultiOrder(nn.Module):
    """An eighth of the channels through a small kernel, three through a wider one as well, four through a very wide."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.parts = [channels // 8, channels * 3 // 8, channels // 2]
        self.all = depthwise(channels, 5)
        self.middle = depthwise(self.parts[1], 5, 2)
        self.wide = depthwise(self.parts[2], 7, 3)
        self.mix = nn.Conv2d(channels, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.all(x)
        small, both = self.parts[0], self.parts[0] + self.parts[1]
        return self.mix(torch.cat([x[:, :small], self.middle(x[:, small:both]), self.wide(x[:, both:])], 1))


class GatedAggregation(nn.Module):
    """The spatial block: multi-order features times a gate."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.before = nn.Sequential(
            nn.Conv2d(channels, channels, 1), Decompose(channels, nn.AdaptiveAvgPool2d(1)), nn.SiLU()
        )
        self.gate = nn.Sequential(nn.Conv2d(channels, channels, 1), nn.SiLU())
        self.value = nn.Sequential(MultiOrder(channels), nn.SiLU())
        self.after = nn.Conv2d(channels, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inner = self.before(x)
        return x + self.after(self.gate(inner) * self.value(inner))


def block(channels: int, expansion: int) -> nn.Module:
    """The paper's Moga block: the spatial one, and the channels among themselves."""
    inner = channels * expansion
    common = nn.Sequential(nn.Conv2d(inner, 1, 1), nn.GELU())
    mlp = [
        nn.Conv2d(channels, inner, 1),
        depthwise(inner, 3),
        nn.GELU(),
        Decompose(inner, common),
        nn.Conv2d(inner, channels, 1),
    ]
    return nn.Sequential(
        Residual(nn.BatchNorm2d(channels), GatedAggregation(channels), LayerScale2d(channels)),
        Residual(nn.BatchNorm2d(channels), *mlp, LayerScale2d(channels)),
    )


def halving(inputs: int, outputs: int) -> list[nn.Module]:
    """3×3 convolution of stride 2, batch norm."""
    return [nn.Conv2d(inputs, outputs, 3, 2, 1), nn.BatchNorm2d(outputs)]


def network() -> nn.Module:
    """Untrained."""
    before = STAGES[0][0]
    layers = [*halving(3, before // 2), nn.GELU(), *halving(before // 2, before)]
    for index, (width, blocks, expansion) in enumerate(STAGES):
        layers += halving(before, width) if index else []
        layers += [*(block(width, expansion) for _ in range(blocks)), nn.BatchNorm2d(width)]
        before = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 1000))
