"""Spectra by convolution with fixed kernels: phones' runtimes have no complex numbers, and most converters no FFT."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional


def fourier_kernels(window: torch.Tensor) -> torch.Tensor:
    """Cosines, then negative sines, of every frequency from 0 to a half of the rate, under a window.

    Args:
        window: samples; its length is the transform's.

    Returns:
        2 · (samples / 2 + 1) × 1 × samples, for `conv1d`: real parts come out first, then imaginary ones.
    """
    size = len(window)
    turns = torch.outer(torch.arange(size // 2 + 1), torch.arange(size)).double()
    angles = turns.remainder(size) * (2 * math.pi / size)
    return (torch.cat([angles.cos(), -angles.sin()]) * window.double()).float().unsqueeze(1)


class InverseFourier(nn.Module):
    """The inverse short-time Fourier transform of a fixed number of frames: what `torch.istft` gives with a Hann window
    and centred frames, as one transposed convolution and a product with a constant.
    """

    kernels: torch.Tensor
    scale: torch.Tensor

    def __init__(self, size: int, hop: int, frames: int) -> None:
        super().__init__()
        self.hop, self.trim, self.length = hop, size // 2, hop * (frames - 1)
        window = torch.hann_window(size, dtype=torch.float64)
        weights = torch.full((size // 2 + 1, 1), 2.0 / size, dtype=torch.float64)
        weights[0] = weights[-1] = 1.0 / size  # all other frequencies stand for two
        kernels = fourier_kernels(window).double().squeeze(1) * weights.repeat(2, 1)
        self.register_buffer("kernels", kernels.float().unsqueeze(1))
        squares = window.square().view(1, 1, size).repeat(frames, 1, 1).permute(1, 2, 0)
        overlap = functional.fold(squares, (1, size + hop * (frames - 1)), (1, size), stride=(1, hop)).view(-1)
        self.register_buffer("scale", overlap[self.trim :][: self.length].reciprocal().float())

    def forward(self, real: torch.Tensor, imaginary: torch.Tensor) -> torch.Tensor:
        """Samples, batch × 1 × hop · (frames - 1), of spectra, each batch × frequencies × frames."""
        spectrum = torch.cat([real, imaginary], dim=1)
        signal = functional.conv_transpose1d(spectrum, self.kernels, stride=self.hop)
        return signal[:, :, self.trim : self.trim + self.length] * self.scale


def mel_filters(rate: int, size: int, bands: int) -> torch.Tensor:
    """Triangles of equal area on Slaney's mel scale (Auditory Toolbox, 1998): linear below 1 kHz, logarithmic above.

    Args:
        rate: samples a second.
        size: of the Fourier transform.
        bands: number of triangles, from 0 to a half of the rate.

    Returns:
        bands × (size / 2 + 1).
    """
    linear, step = 3.0 / 200.0, math.log(6.4) / 27.0
    top = 15.0 + math.log(rate / 2 / 1000.0) / step
    mels = torch.linspace(0.0, top, bands + 2, dtype=torch.float64)
    edges = torch.where(mels < 15.0, mels / linear, 1000.0 * torch.exp(step * (mels - 15.0)))
    frequencies = torch.linspace(0.0, rate / 2, size // 2 + 1, dtype=torch.float64)
    rise = (frequencies - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - frequencies) / (edges[2:] - edges[1:-1])[:, None]
    height = 2.0 / (edges[2:] - edges[:-2])
    return (torch.minimum(rise, fall).clamp_min(0.0) * height[:, None]).float()
