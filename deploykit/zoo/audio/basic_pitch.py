# /// deploykit
# [model]
# name = "basic-pitch"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.waveform]
# type = "tensor"
# shape = [1, 43844]
#
# [output.onset]
# type = "tensor"
#
# [output.contour]
# type = "tensor"
#
# [output.note]
# type = "tensor"
#
# [paper]
# title = "A Lightweight Instrument-Agnostic Model for Polyphonic Note Transcription and Multipitch Estimation"
# year = 2022
# parameters = 16782
# table = "Section 3.1"
#
# [zoo]
# notes = [
#   "two seconds at 22.05 kHz; 172 frames of 88 notes, and of 264 thirds of a semitone",
#   "the constant-Q transform is in the graph: 36 complex filters at nine octaves, each half the rate of the last",
#   "as the published model: without the 32-channel layer of the paper's figure",
#   "making notes of the three maps, and the windows' overlap, are left to the app",
# ]
# ///
"""Basic Pitch: notes, their onsets and pitch contours of any instrument, by 16 782 weights on stacked harmonics."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

RATE, HOP, FRAMES = 22_050, 256, 172
LOWEST = 27.5
PER_OCTAVE = 36
BINS, CONTOURS = 309, 264
HARMONICS = (0.5, 1, 2, 3, 4, 5, 6, 7)


class ConstantQ(nn.Module):
    """Power in bins of a third of a semitone: the topmost octave's filters at every octave, as the rate is halved."""

    kernels: torch.Tensor
    lowpass: torch.Tensor
    lengths: torch.Tensor

    def __init__(self, size: int = 256) -> None:
        super().__init__()
        self.octaves = math.ceil(BINS / PER_OCTAVE)
        quality = 1 / (2 ** (1 / PER_OCTAVE) - 1)
        top = LOWEST * 2 ** ((BINS - PER_OCTAVE) / PER_OCTAVE)
        time = torch.arange(size, dtype=torch.float64) - size // 2
        real, imaginary = [], []
        for index in range(PER_OCTAVE):
            frequency = top * 2 ** (index / PER_OCTAVE)
            length = quality * RATE / frequency
            window = torch.where(time.abs() < length / 2, 0.5 + 0.5 * (2 * math.pi * time / length).cos(), 0.0)
            angle = 2 * math.pi * frequency / RATE * time
            real.append(window / window.sum() * angle.cos())
            imaginary.append(window / window.sum() * angle.sin())
        self.register_buffer("kernels", torch.stack(real + imaginary).float().unsqueeze(1))
        taps = torch.arange(255, dtype=torch.float64) - 127
        lowpass = 0.5 * torch.sinc(0.5 * taps) * torch.hann_window(255, periodic=False, dtype=torch.float64)
        self.register_buffer("lowpass", (lowpass / lowpass.sum()).float().view(1, 1, -1))
        lengths = quality * RATE / (LOWEST * 2 ** (torch.arange(BINS, dtype=torch.float64) / PER_OCTAVE))
        self.register_buffer("lengths", lengths.float().view(1, -1, 1))

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        x = waveform.unsqueeze(1)
        rows: list[torch.Tensor] = []
        half = self.kernels.shape[-1] // 2
        for octave in range(self.octaves):
            bands = functional.conv1d(functional.pad(x, (half, half), "reflect"), self.kernels, stride=HOP >> octave)
            real, imaginary = bands[:, :, :FRAMES].square().chunk(2, dim=1)
            rows.insert(0, real + imaginary)
            if octave + 1 < self.octaves:
                x = functional.conv1d(x, self.lowpass, stride=2, padding=127)
        return torch.cat(rows, dim=1)[:, -BINS:] * self.lengths


class Decibels(nn.Module):
    """Decibels, from 0 for the softest to 1 for the loudest of the window."""

    def forward(self, power: torch.Tensor) -> torch.Tensor:
        decibels = 10 * torch.log10(power + 1e-10)
        above = decibels - decibels.amin(dim=(1, 2), keepdim=True)
        return above / above.amax(dim=(1, 2), keepdim=True).clamp_min(1e-6)


def stacked(bins: torch.Tensor) -> torch.Tensor:
    """Harmonic stacking: a pitch's harmonics, and half of it, as channels of its bin.

    Args:
        bins: batch × 1 × frames × bins.
    """
    channels = []
    for harmonic in HARMONICS:
        shift = round(PER_OCTAVE * math.log2(harmonic))
        moved = functional.pad(bins, (max(-shift, 0), max(shift, 0)))
        channels.append(moved[..., max(shift, 0) :][..., :CONTOURS])
    return torch.cat(channels, dim=1)


class BasicPitch(nn.Module):
    """The network, with its front end."""

    def __init__(self) -> None:
        super().__init__()
        self.front = nn.Sequential(ConstantQ(), Decibels())
        self.norm = nn.BatchNorm2d(1)
        self.contour = nn.Sequential(
            nn.Conv2d(8, 8, (3, 39), padding=(1, 19)),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Conv2d(8, 1, 5, padding=2),
            nn.Sigmoid(),
        )
        self.note = nn.Sequential(
            nn.Conv2d(1, 32, 7, stride=(1, 3), padding=(3, 2)),
            nn.ReLU(),
            nn.Conv2d(32, 1, (7, 3), padding=(3, 1)),
            nn.Sigmoid(),
        )
        self.attack = nn.Sequential(nn.Conv2d(8, 32, 5, stride=(1, 3), padding=(2, 1)), nn.BatchNorm2d(32), nn.ReLU())
        self.onset = nn.Sequential(nn.Conv2d(33, 1, 3, padding=1), nn.Sigmoid())

    def forward(self, waveform: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        x = stacked(self.norm(self.front(waveform).transpose(1, 2).unsqueeze(1)))
        contour = self.contour(x)
        note = self.note(contour)
        onset = self.onset(torch.cat([note, self.attack(x)], dim=1))
        return onset.squeeze(1), contour.squeeze(1), note.squeeze(1)


def network() -> nn.Module:
    """Untrained."""
    return BasicPitch()
