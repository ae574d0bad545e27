# /// deploykit
# [model]
# name = "affnet"
# license = "Apache-2.0"
#
# [task]
# type = "image-classification"
#
# [input.image]
# type = "image"
# size = [256, 256]
# resize = "bilinear"
# crop = "center"
# crop_fraction = 0.89
#
# [output.scores]
# type = "scores"
#
# [paper]
# title = "Adaptive Frequency Filters As Efficient Global Token Mixers"
# year = 2023
# parameters = 1_400_000
# multiply_adds = 0.4e9
# table = "Table of ImageNet-1K classification, AFFNet-ET"
#
# [zoo]
# classes = 1000
# difference = "The paper cuts the count to one digit behind the point."
# notes = [
#     "Phones have no Fourier transform: it is products with matrices of sines and cosines, for this size only.",
#     "Activations are those of the family that it stems from (SiLU), and ReLU within the filters.",
# ]
# ///
"""AFFNet-ET: a place hears of all others because spectra are multiplied by filters that are made of them."""

from __future__ import annotations

import torch
from torch import nn

from deploykit.zoo.blocks import ConvNorm, Residual
from deploykit.zoo.spectral import PictureFourier

STEM = 16
PLAIN = ((32, 1, 1), (48, 3, 2))
"""Channels, blocks, stride of the stages without filters."""
FILTERED = ((64, 2, 32), (104, 4, 16), (144, 3, 8))
"""Channels, filters, side of the picture of the stages with them; each halves the size first."""
EXPANSION = 2
GROUPS = 8
SPARSE = 0.01
"""What is less in a filter becomes zero."""


def inverted(inputs: int, outputs: int, stride: int = 1) -> nn.Module:
    """MobileNetV2's block, with SiLU."""
    inner = inputs * EXPANSION
    layers = [
        ConvNorm(inputs, inner, activation=nn.SiLU),
        ConvNorm(inner, inner, 3, stride, groups=inner, activation=nn.SiLU),
        ConvNorm(inner, outputs, activation=None),
    ]
    return Residual(*layers) if stride == 1 and inputs == outputs else nn.Sequential(*layers)


class ComplexMix(nn.Module):
    """A grouped 1×1 convolution of complex numbers."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.real, self.imaginary = (nn.Conv2d(channels, channels, 1, groups=GROUPS, bias=False) for _ in range(2))
        self.bias = nn.Parameter(torch.randn(2, channels, 1, 1) * 0.02)

    def forward(self, real: torch.Tensor, imaginary: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return (
            self.real(real) - self.imaginary(imaginary) + self.bias[0],
            self.real(imaginary) + self.imaginary(real) + self.bias[1],
        )


class FrequencyFilter(nn.Module):
    """The adaptive filter: what is made of a spectrum multiplies it."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.fourier = PictureFourier(side)
        self.first, self.second = ComplexMix(channels), ComplexMix(channels)
        self.sparse = nn.Softshrink(SPARSE)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        spectrum = self.fourier.spectrum(x)
        real, imaginary = self.second(*(part.relu() for part in self.first(*spectrum)))
        real, imaginary = self.sparse(real), self.sparse(imaginary)
        filtered = real * spectrum[0] - imaginary * spectrum[1], real * spectrum[1] + imaginary * spectrum[0]
        return x + self.fourier.picture(*filtered)


def norm(channels: int) -> nn.Module:
    """Over channels and places."""
    return nn.GroupNorm(1, channels)


class FilterStage(nn.Module):
    """The paper's block: several filters, each behind an inverted residual, fused with what went in."""

    def __init__(self, channels: int, filters: int, side: int) -> None:
        super().__init__()
        blocks = [
            Residual(norm(channels), inverted(channels, channels), norm(channels), FrequencyFilter(channels, side))
            for _ in range(filters)
        ]
        self.inside = nn.Sequential(*blocks, norm(channels), ConvNorm(channels, channels, activation=None))
        self.fuse = ConvNorm(2 * channels, channels, activation=nn.SiLU)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fuse(torch.cat([x, self.inside(x)], 1))


def network() -> nn.Module:
    """Untrained."""
    layers: list[nn.Module] = [ConvNorm(3, STEM, 3, 2, activation=nn.SiLU)]
    before = STEM
    for width, blocks, stride in PLAIN:
        for block in range(blocks):
            layers.append(inverted(before, width, 1 if block else stride))
            before = width
    for width, filters, side in FILTERED:
        layers += [inverted(before, width, 2), FilterStage(width, filters, side)]
        before = width
    end = [ConvNorm(before, 4 * before, activation=nn.SiLU), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers, *end, nn.Linear(4 * before, 1000))
