# /// deploykit
# [model]
# name = "wav2small"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.waveform]
# type = "tensor"
# shape = [1, 80000]
#
# [output.emotion]
# type = "tensor"
#
# [paper]
# title = "Wav2Small: Distilling Wav2Vec2 to 72K parameters for Low-Resource Speech emotion recognition"
# year = 2024
# parameters = 72000
# table = "Abstract"
#
# [zoo]
# notes = [
#   "waveform is five seconds at 16 kHz; emotion is arousal, dominance, valence",
#   "the log-mel front end is in the graph, its Fourier transform as a convolution; its kernels count, as in the paper",
#   "the pooling's two 169 x 169 layers follow from the stated number of parameters; a smaller head was released later",
#   "the network takes any length; here it is fixed",
# ]
# ///
"""Wav2Small: arousal, dominance and valence of a voice, by seven convolutions of 13 channels on log-mel bands."""

from __future__ import annotations

import torch
from torch import nn

from deploykit.zoo.spectral import fourier_kernels, mel_filters

WIDTH = 13


class LogMel(nn.Module):
    """Decibels in 26 mel bands, every 2 ms."""

    filters: torch.Tensor

    def __init__(self, rate: int = 16_000, size: int = 64, bands: int = 26) -> None:
        super().__init__()
        self.kernels = nn.Parameter(fourier_kernels(torch.hann_window(size)), requires_grad=False)
        self.register_buffer("filters", mel_filters(rate, size, bands))
        self.hop = size // 2

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        spectrum = nn.functional.conv1d(waveform.unsqueeze(1), self.kernels, stride=self.hop)
        real, imaginary = spectrum.square().chunk(2, dim=1)
        mel = torch.matmul((real + imaginary).transpose(1, 2), self.filters.t())
        return 10.0 * torch.log10(mel.clamp_min(1e-10)).unsqueeze(1)


def convolution(inputs: int) -> nn.Sequential:
    """A 3 x 3 convolution of the VGG kind."""
    return nn.Sequential(nn.Conv2d(inputs, WIDTH, 3, padding=1, bias=False), nn.BatchNorm2d(WIDTH), nn.ReLU())


class Wav2Small(nn.Module):
    """VGG7, a reshape to tokens, and pooling over time by a softmax."""

    def __init__(self) -> None:
        super().__init__()
        self.front = LogMel()
        self.vgg7 = nn.Sequential(
            *(convolution(inputs) for inputs in (1, WIDTH, WIDTH)),
            nn.MaxPool2d(3, stride=2, padding=1),
            *(convolution(WIDTH) for _ in range(4)),
            nn.Conv2d(WIDTH, WIDTH, 1),
        )
        self.value = nn.Linear(WIDTH * WIDTH, WIDTH * WIDTH)
        self.weight = nn.Linear(WIDTH * WIDTH, WIDTH * WIDTH)
        self.head = nn.Linear(WIDTH * WIDTH, 3)

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        centred = waveform - waveform.mean(dim=1, keepdim=True)
        normal = centred * torch.rsqrt(centred.square().mean(dim=1, keepdim=True) + 1e-7)
        tokens = self.vgg7(self.front(normal)).transpose(1, 2).flatten(2)
        pooled = (self.value(tokens) * self.weight(tokens).softmax(dim=1)).sum(dim=1)
        emotion: torch.Tensor = self.head(pooled)
        return emotion


def network() -> nn.Module:
    """Untrained."""
    return Wav2Small()
