# /// deploykit
# [model]
# name = "tslanet"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
# labels = ["walking", "walking upstairs", "walking downstairs", "sitting", "standing", "laying"]
#
# [input.series]
# type = "tensor"
# shape = [1, 9, 128]
#
# [output.scores]
# type = "scores"
# activation = "softmax"
#
# [paper]
# title = "TSLANet: Rethinking Transformers for Time Series Representation Learning"
# year = 2024
#
# [zoo]
# notes = [
#   "the classifier for UCI-HAR: nine channels of 128 samples, six activities; no number of parameters is verified",
#   "the Fourier transform over patches is a product with constant matrices, so nothing is complex",
#   "frequencies are kept where their energy is above a learned multiple of the median: a step, which rounding can tip",
# ]
# ///
"""TSLANet: filters learned in the frequency domain, adaptive to each sample, and convolutions that gate each other."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional


class AdaptiveSpectral(nn.Module):
    """Adaptive spectral block: a filter for all frequencies, and one for those that stand out of the median."""

    forth: torch.Tensor
    back: torch.Tensor

    def __init__(self, tokens: int, width: int) -> None:
        super().__init__()
        self.all = nn.Parameter(torch.randn(2, width) * 0.02)
        self.strong = nn.Parameter(torch.randn(2, width) * 0.02)
        self.threshold = nn.Parameter(torch.rand(1))
        self.lower_median = (tokens // 2 + 2) // 2
        turns = torch.outer(torch.arange(tokens // 2 + 1), torch.arange(tokens)).remainder(tokens)
        angles = turns.double() * (2 * math.pi / tokens)
        basis = torch.stack([angles.cos(), -angles.sin()]) / math.sqrt(tokens)
        self.register_buffer("forth", basis.float())
        weight = torch.full((tokens // 2 + 1,), 2.0, dtype=torch.float64)
        weight[0] = 1.0
        weight[-1] = 1.0 if tokens % 2 == 0 else 2.0
        self.register_buffer("back", (basis * weight[:, None]).transpose(1, 2).float())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        real, imaginary = torch.matmul(self.forth[0], x), torch.matmul(self.forth[1], x)
        energy = (real.square() + imaginary.square()).sum(dim=2)
        median = -torch.topk(-energy, self.lower_median, dim=1).values[:, -1:]
        mask = (energy / (median + 1e-6) > self.threshold).to(x.dtype).unsqueeze(2)
        a, b = self.all[0] + mask * self.strong[0], self.all[1] + mask * self.strong[1]
        real, imaginary = real * a - imaginary * b, real * b + imaginary * a
        return torch.matmul(self.back[0], real) + torch.matmul(self.back[1], imaginary)


class Interactive(nn.Module):
    """Interactive convolution block: a pointwise and a wider convolution, each gated by the other."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.point = nn.Conv1d(width, hidden, 1)
        self.wide = nn.Conv1d(width, hidden, 3, padding=1)
        self.out = nn.Conv1d(hidden, width, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        point, wide = self.point(x.transpose(1, 2)), self.wide(x.transpose(1, 2))
        mixed: torch.Tensor = self.out(point * functional.gelu(wide) + wide * functional.gelu(point))
        return mixed.transpose(1, 2)


class Layer(nn.Module):
    """Both blocks, beside a shortcut."""

    def __init__(self, tokens: int, width: int) -> None:
        super().__init__()
        self.blocks = nn.Sequential(
            nn.LayerNorm(width), AdaptiveSpectral(tokens, width), nn.LayerNorm(width), Interactive(width, 3 * width)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = x + self.blocks(x)
        return out


class TSLANet(nn.Module):
    """Overlapping patches, two layers, and the mean of the tokens."""

    def __init__(self, channels: int, length: int, classes: int, width: int = 128, patch: int = 8) -> None:
        super().__init__()
        tokens = (length - patch) // (patch // 2) + 1
        self.patches = nn.Conv1d(channels, width, patch, stride=patch // 2)
        self.position = nn.Parameter(torch.randn(1, tokens, width) * 0.02)
        self.layers = nn.Sequential(*(Layer(tokens, width) for _ in range(2)))
        self.head = nn.Linear(width, classes)

    def forward(self, series: torch.Tensor) -> torch.Tensor:
        tokens = self.patches(series).transpose(1, 2) + self.position
        scores: torch.Tensor = self.head(self.layers(tokens).mean(dim=1))
        return scores


def network() -> nn.Module:
    """Untrained."""
    return TSLANet(channels=9, length=128, classes=6)
