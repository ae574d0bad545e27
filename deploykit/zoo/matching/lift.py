# /// deploykit
# [model]
# name = "lift"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.image]
# type = "image"
# size = [224, 224]
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [input.features]
# type = "tensor"
# shape = [1, 384, 14, 14]
#
# [output.dense]
# type = "tensor"
#
# [paper]
# title = "LiFT: A Surprisingly Simple Lightweight Feature Transform for Dense ViT Descriptors"
# year = 2024
# parameters = 1200000
# table = "Section 1 (1.2 M)"
#
# [zoo]
# notes = [
#   "features are those of a small vision transformer with patches of 16, as a map; dense is the same at 28 x 28",
#   "the transformer is another artifact, whose patch features go in here",
# ]
# ///
"""LiFT: a vision transformer's features at twice their resolution, with the picture's own detail to guide them."""

from __future__ import annotations

import torch
from torch import nn

from deploykit.zoo.blocks import ConvNorm


def shrink(inputs: int, outputs: int) -> nn.Sequential:
    """A 3 x 3 convolution with a stride of two."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, 2, 1), nn.BatchNorm2d(outputs), nn.ReLU())


class LiFT(nn.Module):
    """One step up of a U-Net whose deep end is the transformer's."""

    def __init__(self, width: int = 384, detail: int = 32) -> None:
        super().__init__()
        self.fine = nn.Sequential(shrink(3, detail), shrink(detail, detail), nn.MaxPool2d(2))
        self.coarse = shrink(detail, detail)
        joined = width + detail
        self.up = nn.ConvTranspose2d(joined, joined // 2, 2, stride=2)
        self.mix = nn.Sequential(ConvNorm(joined // 2 + detail, width // 2, 3), ConvNorm(width // 2, width // 2, 3))
        self.out = nn.Conv2d(width // 2, width, 1)

    def forward(self, image: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
        fine = self.fine(image)
        x = self.up(torch.cat([features, self.coarse(fine)], dim=1))
        dense: torch.Tensor = self.out(self.mix(torch.cat([x, fine], dim=1)))
        return dense


def network() -> nn.Module:
    """Untrained."""
    return LiFT()
