# /// deploykit
# [model]
# name = "fusionactnet"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
# labels = ["sitting", "standing", "laying", "walking", "walking upstairs", "walking downstairs"]
#
# [input.motion]
# type = "tensor"
# shape = [1, 9, 128]
#
# [output.probabilities]
# type = "scores"
# activation = "none"
#
# [paper]
# title = """Decoding Human Activities: Analyzing Wearable Accelerometer and Gyroscope Data for Activity \
#   Recognition"""
# year = 2024
#
# [zoo]
# notes = [
#   "motion is 2.56 s of UCI-HAR at 50 Hz: body acceleration, turn rate, total acceleration, three axes each",
#   "probabilities are those of three postures and of three movements, weighed by the guide",
#   "static, dynamic and guidance network are one graph; no number of parameters is verified",
# ]
# ///
"""FusionActNet: one residual network for postures, one for movements, and a small guide that weighs their answers."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn


class Block(nn.Module):
    """Residual block: two convolutions beside a projection, then half the length."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv1d(inputs, outputs, 3, padding=1),
            nn.BatchNorm1d(outputs),
            nn.ReLU(),
            nn.Conv1d(outputs, outputs, 3, padding=1),
            nn.BatchNorm1d(outputs),
        )
        self.shortcut = nn.Conv1d(inputs, outputs, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.max_pool1d(torch.relu(self.convolutions(x) + self.shortcut(x)), 2)


class Expert(nn.Sequential):
    """Residual network for three activities of one kind."""

    def __init__(self, channels: int, classes: int) -> None:
        widths = (channels, 64, 128, 256, 512, 512)
        super().__init__(
            *(Block(inputs, outputs) for inputs, outputs in pairwise(widths)),
            nn.AdaptiveAvgPool1d(1),
            nn.Flatten(),
            nn.Linear(widths[-1], classes),
            nn.Softmax(dim=1),
        )


class Separable(nn.Module):
    """Residual MobileNet block: a depthwise and a pointwise convolution beside a projection."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv1d(inputs, inputs, 3, padding=1, groups=inputs, bias=False),
            nn.BatchNorm1d(inputs),
            nn.ReLU(),
            nn.Conv1d(inputs, outputs, 1, bias=False),
            nn.BatchNorm1d(outputs),
        )
        self.shortcut = nn.Conv1d(inputs, outputs, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.convolutions(x) + self.shortcut(x)
        return out


class Guidance(nn.Sequential):
    """Guidance module: how far the body is at rest, from 0 to 1."""

    def __init__(self, channels: int) -> None:
        widths = (32, 64, 64, 128, 128, 128, 256, 256, 256)
        super().__init__(
            nn.Conv1d(channels, 32, 3, padding=1, bias=False),
            nn.BatchNorm1d(32),
            nn.ReLU(),
            *(Separable(inputs, outputs) for inputs, outputs in pairwise(widths)),
            nn.AdaptiveAvgPool1d(1),
            nn.Flatten(),
            nn.Linear(widths[-1], 1),
            nn.Sigmoid(),
        )


class FusionActNet(nn.Module):
    """The three together."""

    def __init__(self, channels: int = 9) -> None:
        super().__init__()
        self.static = Expert(channels, 3)
        self.dynamic = Expert(channels, 3)
        self.guide = Guidance(channels)

    def forward(self, motion: torch.Tensor) -> torch.Tensor:
        rest = self.guide(motion)
        return torch.cat([self.static(motion) * rest, self.dynamic(motion) * (1 - rest)], dim=1)


def network() -> nn.Module:
    """Untrained."""
    return FusionActNet()
