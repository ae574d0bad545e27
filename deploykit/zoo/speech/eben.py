# /// deploykit
# [model]
# name = "eben"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.waveform]
# type = "tensor"
# shape = [1, 1, 16352]
#
# [output.enhanced]
# type = "tensor"
#
# [paper]
# title = """EBEN: Extreme bandwidth extension network applied to speech signals captured with noise-resilient \
#   body-conduction microphones"""
# year = 2023
# parameters = 1900000
# table = "Table of objective and subjective metrics, generator's parameters"
#
# [zoo]
# difference = "the paper states 1.9 M, with one digit after the point"
# notes = [
#   "a second at 16 kHz; a length and 32 together have to be a multiple of 256",
#   "the filter bank is fixed convolutions; of its four bands the lowest goes in and all come out",
#   "longer speech goes through in overlapping windows; the paper streams by chunks too, without a state",
#   "the discriminators are training's and are left out",
# ]
# ///
"""EBEN: speech of a microphone at the body made full again, by a small U-Net on one of four bands of a filter bank."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

BANDS, TAPS = 4, 32
CUTOFF = 0.15886657394
"""Of the prototype filter, with which its autocorrelation at multiples of twice the decimation is least (Lin and
Vaidyanathan 1998, for a Kaiser window with beta 9): the reconstruction's error."""


class FilterBank(nn.Module):
    """A pseudo-quadrature mirror filter bank: cosine-modulated filters (Nguyen 1994), decimated by their number."""

    analysis: torch.Tensor
    synthesis: torch.Tensor

    def __init__(self, taken: int) -> None:
        super().__init__()
        time = torch.arange(TAPS, dtype=torch.float64) - (TAPS - 1) / 2
        window = torch.kaiser_window(TAPS, periodic=False, beta=9.0, dtype=torch.float64)
        prototype = CUTOFF * torch.sinc(CUTOFF * time) * window
        band = torch.arange(BANDS, dtype=torch.float64).unsqueeze(1)
        turn = (2 * band + 1) * (math.pi / (2 * BANDS)) * time
        shift = (1 - 2 * band.remainder(2)) * (math.pi / 4)
        self.register_buffer("analysis", (2 * prototype * (turn + shift).cos()).flip(1).float()[:taken].unsqueeze(1))
        self.register_buffer("synthesis", (2 * BANDS * prototype * (turn - shift).cos()).float().unsqueeze(1))

    def split(self, waveform: torch.Tensor) -> torch.Tensor:
        """The lowest bands."""
        return functional.conv1d(waveform, self.analysis, stride=BANDS, padding=TAPS - 1)

    def join(self, bands: torch.Tensor) -> torch.Tensor:
        """The waveform of all bands."""
        return functional.conv_transpose1d(
            bands, self.synthesis, stride=BANDS, padding=TAPS - 1, output_padding=BANDS - 2
        )


class Convolution(nn.Conv1d):
    """A convolution that keeps the length, with reflected edges."""

    def __init__(self, inputs: int, outputs: int, kernel: int, dilation: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, dilation=dilation, padding="same", bias=False, padding_mode="reflect")


class Residual(nn.Module):
    """A dilated and a pointwise convolution beside a shortcut."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            Convolution(channels, channels, 3, dilation), Convolution(channels, channels, 1), nn.LeakyReLU(0.01)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = x + self.convolutions(x)
        return out


def residuals(channels: int) -> nn.Sequential:
    """Three of them, seeing ever further."""
    return nn.Sequential(*(Residual(channels, dilation) for dilation in (1, 3, 9)))


class Encoder(nn.Sequential):
    """Residual units, then a strided convolution that doubles the channels."""

    def __init__(self, channels: int, stride: int) -> None:
        down = nn.Conv1d(
            channels, 2 * channels, 2 * stride, stride, padding=stride - 1, bias=False, padding_mode="reflect"
        )
        super().__init__(residuals(channels), down)


class Decoder(nn.Sequential):
    """A transposed convolution that halves the channels, then residual units."""

    def __init__(self, channels: int, stride: int) -> None:
        up = nn.ConvTranspose1d(2 * channels, channels, 2 * stride, stride, padding=stride // 2, bias=False)
        super().__init__(up, nn.LeakyReLU(0.01), residuals(channels))


class EBEN(nn.Module):
    """The generator."""

    def __init__(self, taken: int = 1, channels: int = 32, strides: tuple[int, ...] = (2, 4, 8)) -> None:
        super().__init__()
        self.bank = FilterBank(taken)
        self.rest = BANDS - taken
        widths = [channels << index for index in range(len(strides))]
        self.first = Convolution(taken, channels, 3)
        self.encoders = nn.ModuleList(Encoder(width, stride) for width, stride in zip(widths, strides, strict=True))
        deepest = 2 * widths[-1]
        self.latent = nn.Sequential(
            nn.LeakyReLU(0.01),
            Convolution(deepest, 64, 7),
            nn.LeakyReLU(0.01),
            Convolution(64, deepest, 7),
            nn.LeakyReLU(0.01),
        )
        self.decoders = nn.ModuleList(
            Decoder(width, stride) for width, stride in zip(reversed(widths), reversed(strides), strict=True)
        )
        self.last = Convolution(channels, BANDS, 3)

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        lowest = self.bank.split(waveform)
        x, skips = self.first(lowest), []
        for encoder in self.encoders:
            x = encoder(functional.leaky_relu(x, 0.01))
            skips.append(x)
        x = self.latent(x)
        for decoder, skip in zip(self.decoders, reversed(skips), strict=True):
            x = decoder(x + skip)
        bands = torch.tanh(self.last(x) + functional.pad(lowest, (0, 0, 0, self.rest)))
        return self.bank.join(bands)


def network() -> nn.Module:
    """Untrained."""
    return EBEN()
