# /// deploykit
# [model]
# name = "meflut"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.exposures]
# type = "tensor"
# shape = [1, 3, 512, 768]
# range = [0.0, 1.0]
#
# [output.fused]
# type = "tensor"
#
# [paper]
# title = "MEFLUT: Unsupervised 1D Lookup Tables for Multi-exposure Image Fusion"
# year = 2023
#
# [zoo]
# notes = [
#   "exposures are the brightness (0 to 1) of three pictures, dark to bright; the app merges colour",
#   "what ships are tables, as in the paper: 256 numbers an exposure, read with interpolation",
#   "weights come from a quarter of the size and are brought up by a guided filter; the teaching network is training's",
# ]
# ///
"""MEFLUT: bright and dark pictures made one, by a table for each exposure that says how far a pixel counts."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

ENTRIES, SHRINK, RADIUS = 256, 4, 1


def box(x: torch.Tensor) -> torch.Tensor:
    """The mean of each place's surroundings."""
    return functional.avg_pool2d(x, 2 * RADIUS + 1, 1, RADIUS, count_include_pad=False)


def guided(weights: torch.Tensor, small: torch.Tensor, large: torch.Tensor, eps: float = 1e-4) -> torch.Tensor:
    """Fast guided filter: weights at a low size as a linear function of brightness, taken at the full size."""
    mean, weight = box(small), box(weights)
    slope = (box(small * weights) - mean * weight) / (box(small * small) - mean * mean + eps)
    offset = weight - slope * mean
    size = large.shape[2:]
    slope = functional.interpolate(slope, size=size, mode="bilinear", align_corners=False)
    return slope * large + functional.interpolate(offset, size=size, mode="bilinear", align_corners=False)


class MEFLUT(nn.Module):
    """The tables, and fusion by them."""

    def __init__(self, exposures: int = 3) -> None:
        super().__init__()
        tones = torch.linspace(0, 1, ENTRIES)
        wanted = torch.linspace(0.7, 0.3, exposures)
        # To begin with: a table's own exposure counts most where its tones are fit to be seen.
        self.tables = nn.Parameter(torch.exp(-((tones - wanted[:, None]) / 0.25).square()))

    def forward(self, exposures: torch.Tensor) -> torch.Tensor:
        small = functional.avg_pool2d(exposures, SHRINK)
        place = small.clamp(0, 1) * (ENTRIES - 1)
        below = place.floor().clamp_max(ENTRIES - 2)
        part = place - below
        index = below.long()
        read = []
        for channel in range(exposures.shape[1]):
            low = functional.embedding(index[:, channel], self.tables[channel].unsqueeze(1)).squeeze(3)
            high = functional.embedding(index[:, channel] + 1, self.tables[channel].unsqueeze(1)).squeeze(3)
            read.append(low + part[:, channel] * (high - low))
        weights = guided(torch.stack(read, dim=1), small, exposures).clamp_min(0.0) + 1e-4
        return (weights * exposures).sum(dim=1, keepdim=True) / weights.sum(dim=1, keepdim=True)


def network() -> nn.Module:
    """Untrained."""
    return MEFLUT()
