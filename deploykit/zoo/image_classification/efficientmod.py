# /// deploykit
# [model]
# name = "efficientmod"
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
# title = "Efficient Modulation for Vision Networks"
# year = 2024
# parameters = 4_700_000
# table = "Table of ImageNet-1K classification, EfficientMod-xxs"
#
# [zoo]
# classes = 1000
# notes = [
#     "Channels come before height and width throughout, so that 1x1 convolutions take the place of linear layers.",
#     "Products of two branches grow: look at fp16 and int8 with care.",
# ]
# ///
"""EfficientMod-xxs: features times a context seen by a large depthwise kernel; a few attention blocks at the end."""

from __future__ import annotations

import torch
from torch import nn

from deploykit.zoo.blocks import LayerNorm2d, LayerScale2d, Residual, attention

STAGES = ((32, 2, 0), (64, 2, 0), (128, 6, 1), (256, 2, 2))
"""Channels, modulation blocks, attention blocks."""
RATIOS = (1, 6)
"""Expansion of a modulation block, in turn."""
HEADS = 8


class Modulation(nn.Module):
    """The paper's block: the context of each pixel weighs its features, which are expanded or not."""

    def __init__(self, channels: int, ratio: int) -> None:
        super().__init__()
        self.ratio = ratio
        self.features = nn.Conv2d(channels, channels * ratio, 1)
        self.activation = nn.GELU() if ratio > 1 else nn.Identity()
        self.context = nn.Sequential(
            nn.Conv2d(channels, channels, 1),
            nn.Conv2d(channels, channels, 7, padding=3, groups=channels),
            nn.GELU(),
            nn.Conv2d(channels, channels, 1),
        )
        self.out = nn.Conv2d(channels * ratio, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        context = torch.cat([self.context(x)] * self.ratio, 1)
        return self.out(self.activation(self.features(x)) * context)


class Attention(nn.Module):
    """Global attention with eight heads of at least 32 channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = HEADS * max(channels // HEADS, 32)
        self.all = nn.Conv2d(channels, 3 * inner, 1, bias=False)
        self.out = nn.Conv2d(inner, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        queries, keys, values = self.all(x).flatten(2).chunk(3, 1)
        seen = attention(queries, keys, values, HEADS)
        return self.out(seen.reshape(x.shape[0], -1, *x.shape[2:]))


def attention_block(channels: int) -> nn.Module:
    """Attention, and four times as many channels in between."""
    mlp = [nn.Conv2d(channels, 4 * channels, 1), nn.GELU(), nn.Conv2d(4 * channels, channels, 1)]
    return nn.Sequential(Residual(LayerNorm2d(channels), Attention(channels)), Residual(LayerNorm2d(channels), *mlp))


def network() -> nn.Module:
    """Untrained."""
    layers: list[nn.Module] = []
    before = 3
    for index, (width, modulations, attentions) in enumerate(STAGES):
        size, stride = (3, 2) if index else (7, 4)
        layers += [nn.Conv2d(before, width, size, stride, size // 2), LayerNorm2d(width)]
        for block in range(modulations):
            inside = Modulation(width, RATIOS[block % len(RATIOS)])
            layers.append(Residual(LayerNorm2d(width), inside, LayerScale2d(width, 1e-4)))
        layers += [attention_block(width) for _ in range(attentions)]
        before = width
    end = [LayerNorm2d(before), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 1000)]
    return nn.Sequential(*layers, *end)
