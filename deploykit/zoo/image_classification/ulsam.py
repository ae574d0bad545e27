# /// deploykit
# [model]
# name = "ulsam"
# license = "Apache-2.0"
#
# [task]
# type = "image-classification"
#
# [input.image]
# type = "image"
# size = [224, 224]
# crop = "center"
# crop_fraction = 0.875
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.scores]
# type = "scores"
#
# [paper]
# title = "ULSAM: Ultra-Lightweight Subspace Attention Module for Compact Convolutional Neural Networks"
# year = 2020
#
# [zoo]
# classes = 1000
# notes = [
#     "MobileNetV2 with the module, of four subspaces, in place of two blocks, one at 14 x 14 and one at 7 x 7.",
#     "Which blocks is worked out from the abstract: 13 % fewer multiply-adds and parameters; here 12.7 and 12.5 %.",
# ]
# ///
"""ULSAM in MobileNetV2: attention maps of one channel for each of four subspaces, in place of whole blocks."""

from __future__ import annotations

import torch
from torch import nn

from deploykit.zoo.blocks import ConvNorm, Residual

STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""MobileNetV2's, Table 2: expansion, channels, blocks, stride."""
REPLACED = (13, 16)
"""Blocks, counted from 1."""
SUBSPACES = 4


class Subspace(nn.Module):
    """One map of attention for a share of the channels: scaled, the largest of the neighbours, mixed to one."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.map = nn.Sequential(
            nn.Conv2d(channels, channels, 1, groups=channels),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.MaxPool2d(3, 1, 1),
            nn.Conv2d(channels, 1, 1),
            nn.BatchNorm2d(1),
            nn.ReLU(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores = self.map(x)
        return x + x * scores.flatten(2).softmax(-1).reshape(scores.shape)


class Ulsam(nn.Module):
    """The module: subspaces side by side."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.subspaces = nn.ModuleList(Subspace(channels // SUBSPACES) for _ in range(SUBSPACES))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = x.chunk(SUBSPACES, 1)
        return torch.cat([subspace(part) for subspace, part in zip(self.subspaces, parts, strict=True)], 1)


def inverted(inputs: int, outputs: int, stride: int, expansion: int) -> nn.Module:
    """MobileNetV2's block."""
    inner = inputs * expansion
    layers = [
        *([ConvNorm(inputs, inner, activation=nn.ReLU6)] if expansion > 1 else []),
        ConvNorm(inner, inner, 3, stride, groups=inner, activation=nn.ReLU6),
        ConvNorm(inner, outputs, activation=None),
    ]
    return Residual(*layers) if stride == 1 and inputs == outputs else nn.Sequential(*layers)


def network() -> nn.Module:
    """Untrained."""
    layers: list[nn.Module] = [ConvNorm(3, 32, 3, 2, activation=nn.ReLU6)]
    before = 32
    for expansion, width, blocks, stride in STAGES:
        for index in range(blocks):
            replaced = len(layers) in REPLACED
            layers.append(Ulsam(width) if replaced else inverted(before, width, stride if index == 0 else 1, expansion))
            before = width
    end = [ConvNorm(before, 1280, activation=nn.ReLU6), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 1000)]
    return nn.Sequential(*layers, *end)
