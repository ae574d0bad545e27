# /// deploykit
# [model]
# name = "fits"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.series]
# type = "tensor"
# shape = [1, 360, 7]
# range = [-2.0, 2.0]
#
# [output.forecast]
# type = "tensor"
#
# [paper]
# title = "FITS: Modeling Time Series with 10k Parameters"
# year = 2023
#
# [zoo]
# notes = [
#   "10,374 complex numbers are learned, which are twice as many real ones.",
#   "The Fourier transform and its inverse are products with constant matrices (168 k numbers in the file).",
#   "The output is the past as the network sees it, and the 96 hours after it.",
# ]
# ///
"""FITS: a forecast from one complex linear layer between a series' low frequencies and those of a longer one."""

from __future__ import annotations

import math

import torch
from torch import nn

LOOKBACK, HORIZON, DAY = 360, 96, 24
HARMONIC = 5
"""Of a day; faster than it is left out (the low-pass filter)."""


class FITS(nn.Module):
    """Complex interpolation of frequencies, in real numbers: phones compute no complex ones."""

    forward_cos: torch.Tensor
    forward_sin: torch.Tensor
    inverse_cos: torch.Tensor
    inverse_sin: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        length = LOOKBACK + HORIZON
        low = (LOOKBACK // DAY + 1) * HARMONIC + 10
        high = low * length // LOOKBACK
        self.real = nn.Linear(low, high)
        self.imaginary = nn.Linear(low, high)
        cos, sin = _waves(low, LOOKBACK)
        self.register_buffer("forward_cos", cos.T.float(), persistent=False)
        self.register_buffer("forward_sin", -sin.T.float(), persistent=False)
        cos, sin = _waves(high, length)
        halves = torch.full((high, 1), 2 / LOOKBACK, dtype=torch.float64)
        halves[0] = 1 / LOOKBACK
        self.register_buffer("inverse_cos", (halves * cos).float(), persistent=False)
        self.register_buffer("inverse_sin", (-halves * sin).float(), persistent=False)

    def forward(self, series: torch.Tensor) -> torch.Tensor:
        """The past again, and what follows; series: 1 × time × channels."""
        mean = series.mean(1, keepdim=True)
        deviation = (series.var(1, keepdim=True) + 1e-5).sqrt()
        x = ((series - mean) / deviation).transpose(1, 2)
        real, imaginary = x @ self.forward_cos, x @ self.forward_sin
        weights = self.real.weight, self.imaginary.weight
        real, imaginary = (
            real @ weights[0].T - imaginary @ weights[1].T + self.real.bias,
            real @ weights[1].T + imaginary @ weights[0].T + self.imaginary.bias,
        )
        longer = real @ self.inverse_cos + imaginary @ self.inverse_sin
        return longer.transpose(1, 2) * deviation + mean


def _waves(count: int, length: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosine and sine of the first frequencies; frequencies × time."""
    turns = torch.outer(torch.arange(count), torch.arange(length)) % length
    angle = turns.double() * (2 * math.pi / length)
    return angle.cos(), angle.sin()


def network() -> nn.Module:
    """Untrained."""
    return FITS()
