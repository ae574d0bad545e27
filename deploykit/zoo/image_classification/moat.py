# /// deploykit
# [model]
# name = "moat"
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
# title = "MOAT: Alternating Mobile Convolution and Attention Brings Strong Vision Models"
# year = 2022
# parameters = 3_400_000
# multiply_adds = 0.8e9
# table = "Table of tiny-MOAT, tiny-MOAT-0"
#
# [zoo]
# classes = 1000
# notes = ["The bias of relative positions is looked up in its table by constant numbers; converters fold that away."]
# ///
"""tiny-MOAT-0: mobile convolution and attention in one block, where the convolution also halves the size."""

from __future__ import annotations

import torch
from torch import nn

from deploykit.zoo.blocks import ConvNorm, LayerNorm2d, SqueezeExcite

STAGES = ((32, 2, None), (64, 3, None), (128, 7, 14), (256, 2, 7))
"""Channels, blocks, and the side of what attention sees; None has none."""
HEAD = 32
"""Channels of a head."""
EXPANSION = 4


class MobileConv(nn.Module):
    """MBConv with a batch norm before it; what has no attention behind it squeezes and excites."""

    def __init__(self, inputs: int, outputs: int, stride: int, *, excites: bool) -> None:
        super().__init__()
        inner = outputs * EXPANSION
        self.inside = nn.Sequential(
            nn.BatchNorm2d(inputs),
            ConvNorm(inputs, inner, activation=nn.GELU),
            ConvNorm(inner, inner, 3, stride, groups=inner, activation=nn.GELU),
            SqueezeExcite(inner, outputs // 4, nn.SiLU) if excites else nn.Identity(),
            nn.Conv2d(inner, outputs, 1),
        )
        self.shrink = nn.AvgPool2d(2) if stride == 2 else nn.Identity()
        self.widen = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.widen(self.shrink(x)) + self.inside(x)


class Attention(nn.Module):
    """Global attention with a bias for each relative position."""

    places: torch.Tensor

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.heads = channels // HEAD
        self.norm = LayerNorm2d(channels)
        self.all = nn.Conv2d(channels, 3 * channels, 1)
        self.out = nn.Conv2d(channels, channels, 1)
        self.bias = nn.Parameter(torch.randn(self.heads, (2 * side - 1) ** 2) * 0.02)
        at = torch.arange(side)
        apart = at[:, None] - at[None, :] + side - 1  # from 0 on, along one axis
        rows, columns = apart.repeat_interleave(side, 0).repeat_interleave(side, 1), apart.repeat(side, side)
        self.register_buffer("places", (rows * (2 * side - 1) + columns).flatten(), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, channels, height, width = x.shape
        parts = self.all(self.norm(x)).flatten(2).chunk(3, 1)
        queries, keys, values = (part.reshape(batch, self.heads, HEAD, height * width) for part in parts)
        bias = self.bias.index_select(1, self.places).reshape(1, self.heads, height * width, height * width)
        weights = (queries.transpose(-2, -1) @ keys * HEAD**-0.5 + bias).softmax(-1)
        seen = values @ weights.transpose(-2, -1)
        return x + self.out(seen.reshape(batch, channels, height, width))


def network() -> nn.Module:
    """Untrained."""
    width = STAGES[0][0]
    layers: list[nn.Module] = [ConvNorm(3, width, 3, 2, activation=nn.GELU), nn.Conv2d(width, width, 3, padding=1)]
    for channels, blocks, side in STAGES:
        for index in range(blocks):
            layers.append(MobileConv(width, channels, 1 if index else 2, excites=side is None))
            layers += [Attention(channels, side)] if side else []
            width = channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LayerNorm(width), nn.Linear(width, 1000))
