# /// deploykit
# [model]
# name = "cas-vit"
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
# crop_fraction = 0.875
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.scores]
# type = "scores"
#
# [paper]
# title = "CAS-ViT: Convolutional Additive Self-attention Vision Transformers for Efficient Mobile Applications"
# year = 2024
# parameters = 3_200_000
# table = "Table of ImageNet-1K classification, CAS-ViT-XS"
#
# [zoo]
# classes = 1000
# difference = "The paper counts the classifier for distillation as well, which has 221 thousand and is folded away."
# notes = ["The classifier and the one for distillation are folded into one, their mean."]
# ///
"""CAS-ViT-XS: attention by adding, of convolutions and gates only, with no product of matrices."""

from __future__ import annotations

import torch
from torch import nn

from deploykit.zoo.blocks import ConvNorm, Residual, mean_of

STAGES = ((48, 2), (56, 2), (112, 4), (220, 2))
"""Channels and blocks."""
MLP = 4


class Gate(nn.Module):
    """Weights between 0 and 1 for pixels, then for channels: what the paper calls spatial and channel operation."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.pixels = nn.Sequential(
            depthwise(channels),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, 1, 1, bias=False),
            nn.Sigmoid(),
        )
        self.channels = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, channels, 1, bias=False), nn.Sigmoid()
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x * self.pixels(x)
        return x * self.channels(x)


class AdditiveMixer(nn.Module):
    """Convolutional additive self-attention: the gated query and key are added, and weigh the values."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.all = nn.Conv2d(channels, 3 * channels, 1, bias=False)
        self.query, self.key = Gate(channels), Gate(channels)
        self.context, self.out = depthwise(channels), depthwise(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        query, key, value = self.all(x).chunk(3, 1)
        return self.out(self.context(self.query(query) + self.key(key)) * value)


def depthwise(channels: int) -> nn.Conv2d:
    """3×3."""
    return nn.Conv2d(channels, channels, 3, padding=1, groups=channels)


def block(channels: int) -> nn.Module:
    """The paper's additive block: the neighbourhood, the mixer, and the channels among themselves."""
    near = [
        nn.Conv2d(channels, channels, 1),
        nn.BatchNorm2d(channels),
        depthwise(channels),
        nn.GELU(),
        nn.Conv2d(channels, channels, 1),
    ]
    mlp = [nn.Conv2d(channels, MLP * channels, 1), nn.GELU(), nn.Conv2d(MLP * channels, channels, 1)]
    return nn.Sequential(
        Residual(*near),
        Residual(nn.BatchNorm2d(channels), AdditiveMixer(channels)),
        Residual(nn.BatchNorm2d(channels), *mlp),
    )


def network() -> nn.Module:
    """Untrained."""
    width = STAGES[0][0]
    layers: list[nn.Module] = [ConvNorm(3, width // 2, 3, 2), ConvNorm(width // 2, width, 3, 2)]
    for channels, blocks in STAGES:
        if channels != width:
            layers.append(ConvNorm(width, channels, 3, 2, activation=None))
        layers += [block(channels) for _ in range(blocks)]
        width = channels
    head = mean_of(nn.Linear(width, 1000), nn.Linear(width, 1000))
    return nn.Sequential(*layers, nn.BatchNorm2d(width), nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)
