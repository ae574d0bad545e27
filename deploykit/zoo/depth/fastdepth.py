# /// deploykit
# [model]
# name = "fastdepth"
# license = "Apache-2.0"
#
# [task]
# type = "image-to-image"
# verb = "depth"
#
# [input.image]
# type = "image"
# size = [224, 224]
# crop = "center"
#
# [output.metres]
# type = "picture"
# range = [0.0, 10.0]
#
# [paper]
# title = "FastDepth: Fast Monocular Depth Estimation on Embedded Systems"
# year = 2019
# parameters = 1_340_000
# multiply_adds = 0.37e9
# table = "Table III, after pruning"
#
# [zoo]
# notes = ["The odd widths are what pruning by NetAdapt left of a MobileNet and its decoder."]
# ///
"""FastDepth: a pruned MobileNet and a decoder of 5x5 depthwise convolutions give each pixel's depth in metres."""

from __future__ import annotations

import torch
from torch import nn

from deploykit.zoo.blocks import ConvNorm

ENCODER = (16, 56, 88, 120, 144, 256, 408, 376, 272, 288, 296, 328, 480, 512)
HALVING = (0, 2, 4, 6, 12)
"""Of the encoder's layers."""
DECODER = (200, 256, 120, 56, 16)
SKIPS = {1: 5, 2: 3, 3: 1}
"""To a layer of the decoder the picture of an encoder's layer is added, after it was doubled in size."""


class FastDepth(nn.Module):
    """1 × 3 × 224 × 224 → 1 × 1 × 224 × 224."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [ConvNorm(3, ENCODER[0], 3, 2, activation=nn.ReLU6)]
        for index in range(1, len(ENCODER)):
            before, width, stride = ENCODER[index - 1], ENCODER[index], 2 if index in HALVING else 1
            depthwise = ConvNorm(before, before, 3, stride, groups=before, activation=nn.ReLU6)
            layers.append(nn.Sequential(depthwise, ConvNorm(before, width, activation=nn.ReLU6)))
        self.encoder = nn.ModuleList(layers)
        befores = (ENCODER[-1], *DECODER)
        self.decoder = nn.ModuleList(
            nn.Sequential(ConvNorm(before, before, 5, groups=before), ConvNorm(before, width))
            for before, width in zip(befores, DECODER, strict=False)
        )
        self.last = ConvNorm(DECODER[-1], 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = image
        encoded = [x := layer(x) for layer in self.encoder]
        for index, layer in enumerate(self.decoder):
            x = nn.functional.interpolate(layer(x), scale_factor=2.0, mode="nearest")
            if index in SKIPS:
                x = x + encoded[SKIPS[index]]
        return self.last(x)


def network() -> nn.Module:
    """Untrained."""
    return FastDepth()
