# /// deploykit
# [model]
# name = "draw"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.raw]
# type = "tensor"
# shape = [1, 4, 256, 256]
# range = [0.0, 1.0]
#
# [output.protected]
# type = "tensor"
#
# [paper]
# title = "DRAW: Defending Camera-shooted RAW against Image Manipulation"
# year = 2023
#
# [zoo]
# notes = [
#   "raw is a Bayer picture as four planes of half its size, from 0 to 1; larger ones go through in tiles",
#   "the protecting network (MPF-Net) only: the camera pipeline, the attacks and the localiser are training's",
#   "frequencies are Haar wavelets, by convolutions with fixed kernels",
#   "from the abstract: several frequencies, partial fusion between them; widths are this entry's choice",
# ]
# ///
"""DRAW: a RAW picture with a signal hidden in it that shows later where it was manipulated."""

from __future__ import annotations

import itertools

import torch
from torch import nn
from torch.nn import functional

WIDTHS = (16, 24, 32)
SHARE = 4
"""Of a level's channels, one in so many goes over to the next: the partial fusion."""


class Wavelets(nn.Module):
    """Haar's transform of each map by itself: half the size, four times the maps; and back."""

    kernel: torch.Tensor

    def __init__(self, maps: int) -> None:
        super().__init__()
        parts = torch.tensor([[[1, 1], [1, 1]], [[1, 1], [-1, -1]], [[1, -1], [1, -1]], [[1, -1], [-1, 1]]]) * 0.5
        kernel = torch.zeros(maps, 4, maps, 2, 2)
        kernel[range(maps), :, range(maps)] = parts
        # Not in groups: LiteRT's GPU engine then gives wrong answers without an error.
        self.register_buffer("kernel", kernel.flatten(0, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.split(x)

    def split(self, x: torch.Tensor) -> torch.Tensor:
        """Into frequencies."""
        return functional.conv2d(x, self.kernel, stride=2)

    def join(self, x: torch.Tensor) -> torch.Tensor:
        """Of frequencies."""
        return functional.conv_transpose2d(x, self.kernel, stride=2)


class Branch(nn.Module):
    """One level's work: separable convolutions beside a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, groups=width),
            nn.Conv2d(width, 2 * width, 1),
            nn.GELU(),
            nn.Conv2d(2 * width, width, 1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = x + self.body(x)
        return out


class PartialFusion(nn.Module):
    """A block of MPF-Net: each level works, then takes a share of the coarser one's maps."""

    def __init__(self) -> None:
        super().__init__()
        self.branches = nn.ModuleList(Branch(width) for width in WIDTHS)
        self.taken = nn.ModuleList(nn.Conv2d(coarse // SHARE, fine, 1) for fine, coarse in itertools.pairwise(WIDTHS))

    def forward(self, levels: list[torch.Tensor]) -> list[torch.Tensor]:
        done = [branch(level) for branch, level in zip(self.branches, levels, strict=True)]
        for index, take in enumerate(self.taken):
            share = take(done[index + 1][:, : WIDTHS[index + 1] // SHARE])
            grown = functional.interpolate(share, scale_factor=2.0, mode="bilinear", align_corners=False)
            done[index] = done[index] + grown
        return done


class DRAW(nn.Module):
    """MPF-Net: levels of frequencies, partly fused, and the faint signal that they make."""

    def __init__(self, planes: int = 4, blocks: int = 4, strength: float = 0.02) -> None:
        super().__init__()
        self.strength = strength
        self.first = Wavelets(planes)
        self.others = nn.ModuleList(Wavelets(planes * 4**level) for level in range(1, len(WIDTHS)))
        self.enter = nn.ModuleList(nn.Conv2d(planes * 4 ** (level + 1), width, 1) for level, width in enumerate(WIDTHS))
        self.blocks = nn.ModuleList(PartialFusion() for _ in range(blocks))
        self.leave = nn.Conv2d(WIDTHS[0], 4 * planes, 1)

    def forward(self, raw: torch.Tensor) -> torch.Tensor:
        frequencies = [self.first.split(raw)]
        for wavelets in self.others:
            frequencies.append(wavelets(frequencies[-1]))
        levels = [enter(x) for enter, x in zip(self.enter, frequencies, strict=True)]
        for block in self.blocks:
            levels = block(levels)
        signal = torch.tanh(self.first.join(self.leave(levels[0])))
        return (raw + self.strength * signal).clamp(0.0, 1.0)


def network() -> nn.Module:
    """Untrained."""
    return DRAW()
