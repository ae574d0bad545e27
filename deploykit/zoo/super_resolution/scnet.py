# /// deploykit
# [model]
# name = "scnet"
# license = "Apache-2.0"
#
# [task]
# type = "image-to-image"
# verb = "upscale"
# overlap = 20
#
# [input.image]
# type = "image"
# size = [96, 96]
#
# [output.picture]
# type = "picture"
#
# [paper]
# title = "Fully 1x1 Convolutional Network for Lightweight Image Super-Resolution"
# year = 2023
#
# [zoo]
# notes = [
#     "SCNet-T, four times larger, as wide and deep as its authors' configuration; the paper's count was not at hand.",
#     "Shifts are slices of a padded tensor. The network sees 18 pixels far, so tiles join without a seam.",
# ]
# ///
"""SCNet-T: 1x1 convolutions only; neighbours are seen because groups of channels are shifted by one pixel."""

from __future__ import annotations

import torch
from torch import nn

from deploykit.zoo.blocks import Residual

WIDTH = 64
BLOCKS = 16
SHIFTS = ((-1, 0), (1, 0), (0, -1), (0, 1), (1, 1), (1, -1), (-1, 1), (-1, -1))
"""Rows down and columns right from which an eighth of the channels each is taken."""


class Shift(nn.Module):
    """Each eighth of the channels comes from another neighbour; beyond the border it is zero."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        height, width = x.shape[2:]
        parts = nn.functional.pad(x, (1, 1, 1, 1)).chunk(len(SHIFTS), 1)
        return torch.cat(
            [
                part[:, :, 1 + down : 1 + down + height, 1 + right : 1 + right + width]
                for part, (down, right) in zip(parts, SHIFTS, strict=True)
            ],
            1,
        )


def mix(inputs: int = WIDTH, outputs: int = WIDTH) -> nn.Conv2d:
    """1×1."""
    return nn.Conv2d(inputs, outputs, 1)


def doubling() -> list[nn.Module]:
    """Bilinear, and then sharpened by two convolutions and a shift."""
    return [nn.Upsample(scale_factor=2, mode="bilinear"), mix(), nn.LeakyReLU(0.02), Shift(), mix(), nn.LeakyReLU(0.1)]


class SCNet(nn.Module):
    """1 × 3 × height × width → four times as high and wide."""

    def __init__(self) -> None:
        super().__init__()
        body = [Residual(mix(), Shift(), nn.ReLU(), mix()) for _ in range(BLOCKS)]
        end = [mix(), nn.LeakyReLU(0.1), mix(outputs=3)]
        self.details = nn.Sequential(mix(3), nn.LeakyReLU(0.1), *body, *doubling(), *doubling(), *end)
        self.plain = nn.Upsample(scale_factor=4, mode="bilinear")

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.plain(image) + self.details(image)


def network() -> nn.Module:
    """Untrained."""
    return SCNet()
