# /// deploykit
# [model]
# name = "carn"
# license = "Apache-2.0"
#
# [task]
# type = "image-to-image"
# verb = "upscale"
#
# [input.image]
# type = "image"
# size = [128, 128]
# resize = "bicubic"
# mean = [0.4488, 0.4371, 0.4040]
# std = [1.0]
#
# [output.picture]
# type = "picture"
#
# [paper]
# title = "Fast, Accurate, and Lightweight Super-Resolution with Cascading Residual Network"
# year = 2018
# parameters = 1_592_000
# table = "comparison on benchmarks, CARN"
#
# [zoo]
# difference = "The paper counts the last layers of three scales, ×2, ×3 and ×4, together; those of ×4 alone are here."
# notes = ["The paper counts 90.9 G multiply-adds for a picture of 320 × 180."]
# ///
"""CARN ×4: residual blocks whose outputs all reach all later ones, within blocks and between them."""

from __future__ import annotations

import torch
from torch import nn

MEAN = (0.4488, 0.4371, 0.4040)
"""Of DIV2K; the contract takes it off."""


class Residual(nn.Module):
    """Two convolutions around ReLU, and what came in."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x + self.conv2(self.conv1(x).relu())).relu()


class Cascade(nn.Module):
    """Three parts, each of which is given what all before it found: the cascade of both levels."""

    def __init__(self, channels: int, parts: list[nn.Module]) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)
        self.joins = nn.ModuleList(nn.Conv2d((step + 2) * channels, channels, 1) for step in range(len(parts)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found = x
        for part, join in zip(self.parts, self.joins, strict=True):
            found = torch.cat([found, part(x)], 1)
            x = join(found).relu()
        return x


class CARN(nn.Module):
    """Three cascading blocks of three residual blocks, and two steps of twice the size."""

    def __init__(self, channels: int = 64) -> None:
        super().__init__()
        self.entry = nn.Conv2d(3, channels, 3, padding=1)
        blocks: list[nn.Module] = [Cascade(channels, [Residual(channels) for _ in range(3)]) for _ in range(3)]
        self.body = Cascade(channels, blocks)
        steps: list[nn.Module] = []
        for _ in range(2):
            steps += [nn.Conv2d(channels, 4 * channels, 3, padding=1), nn.ReLU(), nn.PixelShuffle(2)]
        self.upscale = nn.Sequential(*steps)
        self.exit = nn.Conv2d(channels, 3, 3, padding=1)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.exit(self.upscale(self.body(self.entry(image)))) + self.mean


def network() -> nn.Module:
    """Untrained."""
    return CARN()
