# /// deploykit
# [model]
# name = "istftnet"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.mel]
# type = "tensor"
# shape = [1, 80, 64]
#
# [output.waveform]
# type = "tensor"
#
# [paper]
# title = "iSTFTNet: Fast and Lightweight Mel-Spectrogram Vocoder Incorporating Inverse Short-Time Fourier Transform"
# year = 2022
# parameters = 13260000
# table = "Table 1, V1-C8C8I"
#
# [zoo]
# notes = [
#   "the inverse transform is a transposed convolution with fixed kernels and a constant scale, so nothing is complex",
#   "64 frames of 256 samples a call; longer speech goes through in overlapping windows, which is the app's affair",
#   "weight normalisation is training's and is left out, as it is folded for use",
# ]
# ///
"""iSTFTNet: HiFi-GAN's first two upsampling stages, then an inverse Fourier transform instead of the last two."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from deploykit.zoo.spectral import InverseFourier


class ResBlock(nn.Module):
    """HiFi-GAN's residual block of the first kind: three pairs of a dilated and a plain convolution."""

    def __init__(self, channels: int, kernel: int, dilations: tuple[int, ...] = (1, 3, 5)) -> None:
        super().__init__()
        self.dilated = nn.ModuleList(
            nn.Conv1d(channels, channels, kernel, dilation=rate, padding=rate * (kernel - 1) // 2) for rate in dilations
        )
        self.plain = nn.ModuleList(nn.Conv1d(channels, channels, kernel, padding=kernel // 2) for _ in dilations)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for dilated, plain in zip(self.dilated, self.plain, strict=True):
            x = x + plain(functional.leaky_relu(dilated(functional.leaky_relu(x, 0.1)), 0.1))
        return x


class Stage(nn.Module):
    """A transposed convolution, then the mean of residual blocks with three kernel sizes (multi-receptive fusion)."""

    def __init__(self, channels: int, rate: int, kernels: tuple[int, ...] = (3, 7, 11)) -> None:
        super().__init__()
        self.up = nn.ConvTranspose1d(channels, channels // 2, 2 * rate, stride=rate, padding=rate // 2)
        self.blocks = nn.ModuleList(ResBlock(channels // 2, kernel) for kernel in kernels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.up(functional.leaky_relu(x, 0.1))
        return torch.stack([block(x) for block in self.blocks]).mean(dim=0)


class ISTFTNet(nn.Module):
    """The C8C8I generator: upsampling by 8 and 8, then a transform of 16 with a hop of 4."""

    def __init__(self, frames: int, channels: int = 512, rates: tuple[int, ...] = (8, 8), size: int = 16) -> None:
        super().__init__()
        self.first = nn.Conv1d(80, channels, 7, padding=3)
        self.stages = nn.Sequential(*(Stage(channels >> index, rate) for index, rate in enumerate(rates)))
        self.last = nn.Conv1d(channels >> len(rates), size + 2, 7, padding=3)
        self.inverse = InverseFourier(size, size // 4, frames * rates[0] * rates[1] + 1)

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        x = functional.leaky_relu(self.stages(self.first(mel)))
        x = torch.cat([x[:, :, 1:2], x], dim=2)  # reflection: one frame more than hops
        magnitude, phase = self.last(x).chunk(2, dim=1)
        magnitude, phase = magnitude.exp(), phase.sin()
        waveform: torch.Tensor = self.inverse(magnitude * phase.cos(), magnitude * phase.sin())
        return waveform


def network() -> nn.Module:
    """Untrained."""
    return ISTFTNet(frames=64)
