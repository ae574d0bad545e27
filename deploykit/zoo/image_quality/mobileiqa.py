# /// deploykit
# [model]
# name = "mobileiqa"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.image]
# type = "image"
# size = [704, 704]
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.quality]
# type = "tensor"
#
# [paper]
# title = """MobileIQA: Exploiting Mobile-level Diverse Opinion Network For No-Reference Image Quality Assessment \
#   Using Knowledge Distillation"""
# year = 2024
#
# [zoo]
# notes = [
#   "the distilled student on MobileNetV3-Large; quality is from 0 to 1",
#   "the size is this entry's: with 22 x 32 = 704 pixels a side every scale is pooled to 22 x 22 by whole windows",
#   "attention over all scales' pixels and channels holds nine tenths of its weights; no number of them is verified",
# ]
# ///
"""MobileIQA: a photograph's quality, as three views of attention over five scales of a mobile network would have it."""

from __future__ import annotations

import timm
import torch
from torch import nn

SIDE, WIDTH, SCALES, OPINIONS = 22, 256, (16, 24, 40, 112, 960), 3


class Distortion(nn.Module):
    """Local distortion aware module: one scale's features, pooled to the common size."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, 2 * WIDTH, 1)
        self.second = nn.Conv2d(2 * WIDTH, WIDTH, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pooled = nn.functional.avg_pool2d(nn.functional.gelu(self.first(x)), x.shape[-1] // SIDE)
        out: torch.Tensor = self.second(pooled)
        return out


class Attention(nn.Module):
    """Plain attention of tokens, batch x tokens x width, beside a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.scale = width**-0.5

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weights = torch.matmul(self.query(x) * self.scale, self.key(x).transpose(1, 2)).softmax(dim=2)
        return x + torch.matmul(weights, self.value(x))


class SelfAttention(nn.Module):
    """Attention between a map's places, let in by a learned amount."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key = nn.Conv2d(WIDTH, WIDTH // 8, 1), nn.Conv2d(WIDTH, WIDTH // 8, 1)
        self.value = nn.Conv2d(WIDTH, WIDTH, 1)
        self.amount = nn.Parameter(torch.full((1,), 0.1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        query, key, value = self.query(x).flatten(2), self.key(x).flatten(2), self.value(x).flatten(2)
        weights = torch.matmul(query.transpose(1, 2), key).softmax(dim=2)
        return x + self.amount * torch.matmul(value, weights.transpose(1, 2)).view(x.shape)


class MultiView(nn.Module):
    """Multi-view attention learning (MAL): each map by itself, then all maps' pixels, and all maps' channels."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.each = nn.ModuleList(SelfAttention() for _ in range(maps))
        self.pixels = Attention(maps * SIDE * SIDE)
        self.channels = Attention(maps * WIDTH)
        self.maps = maps

    def forward(self, maps: list[torch.Tensor]) -> torch.Tensor:
        x = torch.stack([attend(each).flatten(2) for attend, each in zip(self.each, maps, strict=True)], dim=1)
        by_pixel = self.pixels(x.transpose(1, 2).flatten(2)).view(-1, WIDTH, self.maps, SIDE * SIDE).mean(dim=2)
        by_channel = self.channels(x.flatten(1, 2).transpose(1, 2)).transpose(1, 2)
        mean = by_channel.reshape(-1, self.maps, WIDTH, SIDE * SIDE).mean(dim=1)
        out: torch.Tensor = (by_pixel + mean) / 2
        return out.view(-1, WIDTH, SIDE, SIDE)


class MobileIQA(nn.Module):
    """The student."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = timm.create_model("mobilenetv3_large_100", features_only=True, pretrained=False)
        self.scales = nn.ModuleList(Distortion(width) for width in SCALES)
        self.opinions = nn.ModuleList(MultiView(len(SCALES)) for _ in range(OPINIONS))
        self.fusion = MultiView(OPINIONS)
        self.score = nn.Sequential(
            nn.Conv2d(WIDTH, 128, 1),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Conv2d(128, 128, 3),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(128, 64, 1),
            nn.ReLU(),
            nn.Conv2d(64, 1, 1),
            nn.Sigmoid(),
            nn.Flatten(),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        maps = [pool(features) for pool, features in zip(self.scales, self.trunk(image), strict=True)]
        quality: torch.Tensor = self.score(self.fusion([opinion(maps) for opinion in self.opinions]))
        return quality


def network() -> nn.Module:
    """Untrained."""
    return MobileIQA()
