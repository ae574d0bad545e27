# /// deploykit
# [model]
# name = "smt"
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
# title = "Scale-Aware Modulation Meet Transformer"
# year = 2023
# parameters = 11_500_000
# multiply_adds = 2.4e9
# table = "Abstract: the network of 11.5 million and 2.4 G, SMT-T"
#
# [zoo]
# classes = 1000
# notes = ["The interleaving of heads is a join of four-dimensional tensors; the authors' program has five."]
# ///
"""SMT-T: modulation by kernels of four sizes in the early stages, attention in the late, in turn between them."""

from __future__ import annotations

import torch
from torch import nn

from deploykit.zoo.blocks import LayerNorm2d, Residual, attention

STAGES = ((64, 2, 4, 0), (128, 2, 4, 0), (256, 8, 4, 8), (512, 1, 2, 16))
"""Channels, blocks, expansion of the channel mixer, heads of attention; 0 has modulation only."""
SCALES = (3, 5, 7, 9)
"""Sizes of kernels, one for each head of a modulation."""
EPSILON = 1e-6


def depthwise(channels: int, size: int) -> nn.Conv2d:
    """Keeps the size."""
    return nn.Conv2d(channels, channels, size, padding=size // 2, groups=channels)


class Modulation(nn.Module):
    """Scale-aware modulation: heads see through kernels of different sizes, are mixed, and weigh the values."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.value, self.seen = nn.Conv2d(channels, channels, 1), nn.Conv2d(channels, channels, 1)
        part = channels // len(SCALES)
        self.heads = nn.ModuleList(depthwise(part, size) for size in SCALES)
        self.aggregate = nn.Sequential(
            nn.Conv2d(channels, 2 * channels, 1, groups=part),
            nn.BatchNorm2d(2 * channels),
            nn.GELU(),
            nn.Conv2d(2 * channels, channels, 1),
        )
        self.out = nn.Conv2d(channels, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, channels, height, width = x.shape
        parts = self.seen(x).chunk(len(SCALES), 1)
        heads = [head(part).flatten(2).unsqueeze(2) for head, part in zip(self.heads, parts, strict=True)]
        groups = torch.cat(heads, 2).reshape(batch, channels, height, width)  # one channel of each head side by side
        return self.out(self.aggregate(groups) * self.value(x))


class Attention(nn.Module):
    """Global attention, and beside it a depthwise convolution of the values."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.all = nn.Conv2d(channels, 3 * channels, 1)
        self.local = depthwise(channels, 3)
        self.out = nn.Conv2d(channels, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        queries, keys, values = self.all(x).chunk(3, 1)
        seen = attention(queries.flatten(2), keys.flatten(2), values.flatten(2), self.heads)
        return self.out(seen.reshape(x.shape) + self.local(values))


class Mlp(nn.Module):
    """The channels among themselves, with a glance at the neighbours."""

    def __init__(self, channels: int, expansion: int) -> None:
        super().__init__()
        inner = channels * expansion
        self.widen, self.shrink = nn.Conv2d(channels, inner, 1), nn.Conv2d(inner, channels, 1)
        self.inside = nn.Sequential(Residual(depthwise(inner, 3)), nn.GELU())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.shrink(self.inside(self.widen(x)))


def network() -> nn.Module:
    """Untrained."""
    before = STAGES[0][0]
    layers: list[nn.Module] = [
        nn.Conv2d(3, before, 3, 2, 1, bias=False),
        nn.BatchNorm2d(before),
        nn.ReLU(),
        nn.Conv2d(before, before, 2, 2),
        LayerNorm2d(before),
    ]
    for index, (width, blocks, expansion, heads) in enumerate(STAGES):
        if index:
            layers += [nn.Conv2d(before, width, 3, 2, 1), LayerNorm2d(width)]
        last = index == len(STAGES) - 1
        for block in range(blocks):
            attends = heads and (last or block % 2)
            mixer = Attention(width, heads) if attends else Modulation(width)
            layers.append(Residual(LayerNorm2d(width, eps=EPSILON), mixer))
            layers.append(Residual(LayerNorm2d(width, eps=EPSILON), Mlp(width, expansion)))
        layers.append(LayerNorm2d(width, eps=EPSILON))
        before = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 1000))
