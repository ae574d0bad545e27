# /// deploykit
# [model]
# name = "fa-plus-net"
# license = "Apache-2.0"
#
# [task]
# type = "image-to-image"
# verb = "enhance"
#
# [input.image]
# type = "image"
# size = [256, 256]
#
# [output.picture]
# type = "picture"
#
# [paper]
# title = "Five A+ Network: You Only Need 9K Parameters for Underwater Image Enhancement"
# year = 2023
# parameters = 9000
# table = "Abstract: about 9k"
#
# [zoo]
# notes = [
#     "Phones have no Fourier transform: the inverse one is products with matrices of sines and cosines of this size.",
#     "As in the authors' program, magnitude and phase are the features' own, without a transform before.",
#     "A phase is so 0 or pi, and at low precision a feature near zero may fall to the other side.",
#     "The picture of the first stage is for the training's loss only, and left out.",
# ]
# ///
"""FA+Net: enhances pictures from under water in two stages, with nine thousand weights."""

from __future__ import annotations

import math

import torch
from torch import nn

SIDE = 256
WIDTH = 16


class ColourBranches(nn.Module):
    """Multi-branch colour enhancement: three quarters of the channels, each normalised by itself, and the rest."""

    def __init__(self) -> None:
        super().__init__()
        part = WIDTH // 4
        self.branches = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(part, WIDTH, 1, bias=False),
                nn.InstanceNorm2d(WIDTH, affine=True),
                nn.Conv2d(WIDTH, part, 1, bias=False),
            )
            for _ in range(3)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        *parts, rest = x.chunk(4, 1)
        red, green, blue = (branch(part) for branch, part in zip(self.branches, parts, strict=True))
        return torch.cat([red, green, blue, red + green + blue + rest], 1)


class Pyramid(nn.Module):
    """Multi-scale pyramid: means over squares of three sizes go back into the picture."""

    def __init__(self) -> None:
        super().__init__()
        self.refine = nn.Sequential(nn.Conv2d(WIDTH, WIDTH, 3, padding=1), nn.ReLU())
        self.scales = nn.ModuleList(
            nn.Sequential(
                nn.AvgPool2d(side), nn.Conv2d(WIDTH, 1, 1), nn.ReLU(), nn.Upsample(scale_factor=side, mode="nearest")
            )
            for side in (128, 64, 32)
        )
        self.join = nn.Sequential(nn.Conv2d(WIDTH + 3, WIDTH, 3, padding=1), nn.Tanh())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.refine(x)
        return self.join(torch.cat([*(scale(x) for scale in self.scales), x], 1))


class InverseFourier(nn.Module):
    """The real inverse transform over height and width, as matrix products: real and imaginary part → picture.

    Of a spectrum that belongs to a real picture, half the columns say all.
    """

    row_cos: torch.Tensor
    row_sin: torch.Tensor
    column_cos: torch.Tensor
    column_sin: torch.Tensor

    def __init__(self, side: int) -> None:
        super().__init__()
        half = side // 2 + 1
        angle = 2 * math.pi / side * torch.arange(side, dtype=torch.float64)
        rows = torch.outer(angle, torch.arange(side, dtype=torch.float64))
        columns = torch.outer(torch.arange(half, dtype=torch.float64), angle)
        twice = torch.full((half, 1), 2.0, dtype=torch.float64)
        twice[0] = twice[-1] = 1.0
        self.columns = half
        for name, matrix in {
            "row_cos": rows.cos() / side,
            "row_sin": rows.sin() / side,
            "column_cos": twice * columns.cos() / side,
            "column_sin": twice * columns.sin() / side,
        }.items():
            self.register_buffer(name, matrix.float(), persistent=False)

    def forward(self, real: torch.Tensor, imaginary: torch.Tensor) -> torch.Tensor:
        real, imaginary = real[..., : self.columns], imaginary[..., : self.columns]
        down_real = self.row_cos @ real - self.row_sin @ imaginary
        down_imaginary = self.row_cos @ imaginary + self.row_sin @ real
        return down_real @ self.column_cos - down_imaginary @ self.column_sin


class FrequencyMixer(nn.Module):
    """Spatial-frequency domain interaction: a tenth of a picture made of magnitude and phase, nine of the sum."""

    SHARE = 0.1

    def __init__(self) -> None:
        super().__init__()
        self.magnitude, self.phase = (
            nn.Sequential(nn.Conv2d(WIDTH, 2 * WIDTH, 1), nn.LeakyReLU(0.1), nn.Conv2d(2 * WIDTH, WIDTH, 1))
            for _ in range(2)
        )
        self.inverse = InverseFourier(SIDE)
        self.join = nn.Conv2d(WIDTH, WIDTH, 1)

    def forward(self, colours: torch.Tensor, pyramid: torch.Tensor) -> torch.Tensor:
        mix = colours + pyramid
        magnitude = self.magnitude(mix.abs())
        phase = self.phase((mix < 0).to(mix.dtype) * math.pi)
        waves = self.inverse(magnitude * phase.cos(), magnitude * phase.sin()).abs()
        return self.join(self.SHARE * waves + (1 - self.SHARE) * mix)


class PixelAttention(nn.Module):
    """A weight between 0 and 1 for each pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.weigh = nn.Sequential(
            nn.Conv2d(WIDTH, WIDTH // 8, 1), nn.ReLU(), nn.Conv2d(WIDTH // 8, 1, 1), nn.Sigmoid()
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.weigh(x)


class FivePlus(nn.Module):
    """1 × 3 × 256 × 256 → the same."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, WIDTH, 1)
        self.colours, self.pyramid, self.mixer = ColourBranches(), Pyramid(), FrequencyMixer()
        self.fine = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(WIDTH, WIDTH, 1),
            ColourBranches(),
            PixelAttention(),
            nn.ReLU(),
            nn.Conv2d(WIDTH, 3, 1),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.stem(image)
        return self.fine(self.mixer(self.colours(x), self.pyramid(x)))


def network() -> nn.Module:
    """Untrained."""
    return FivePlus()
