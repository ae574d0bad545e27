# /// deploykit
# [model]
# name = "qute"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
# labels = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
#
# [input.image]
# type = "image"
# size = [32, 32]
#
# [output.probabilities]
# type = "scores"
# activation = "none"
#
# [output.uncertainty]
# type = "tensor"
#
# [output.members]
# type = "tensor"
#
# [paper]
# title = "QUTE: Quantifying Uncertainty in TinyML models with Early-exit-assisted ensembles for model-monitoring"
# year = 2025
#
# [zoo]
# notes = [
#   "on MLPerf Tiny's ResNet-8 for CIFAR-10, one of the paper's base networks; the early exits are training's and gone",
#   "probabilities are the members' mean, uncertainty its entropy over the greatest possible; members has each one's",
#   "an output block is a depthwise convolution and a linear layer: its inner form is this entry's choice",
#   "no number of parameters is verified",
# ]
# ///
"""QUTE: a tiny network that knows when it does not know: several output blocks at its end, taught by early exits."""

from __future__ import annotations

import math

import torch
from torch import nn

CLASSES = 10


def convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """A convolution and its norm."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups), nn.BatchNorm2d(outputs)
    )


class Block(nn.Module):
    """ResNet's basic block."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(convolution(inputs, outputs, 3, stride), nn.ReLU(), convolution(outputs, outputs, 3))
        self.shortcut = nn.Identity() if stride == 1 else nn.Conv2d(inputs, outputs, 1, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.body(x) + self.shortcut(x))


class OutputBlock(nn.Sequential):
    """A member of the ensemble: an early-view-assisted classifier at the final exit."""

    def __init__(self, width: int) -> None:
        super().__init__(
            convolution(width, width, 3, groups=width),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(width, CLASSES, 1),
            nn.Flatten(),
            nn.Softmax(dim=1),
        )


class QUTE(nn.Module):
    """The base network and its members."""

    def __init__(self, members: int = 3) -> None:
        super().__init__()
        self.base = nn.Sequential(
            convolution(3, 16, 3), nn.ReLU(), Block(16, 16, 1), Block(16, 32, 2), Block(32, 64, 2)
        )
        self.members = nn.ModuleList(OutputBlock(64) for _ in range(members))

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        x = self.base(image)
        members = torch.stack([member(x) for member in self.members], dim=1)
        mean = members.mean(dim=1)
        entropy = -(mean * torch.log(mean.clamp_min(1e-6))).sum(dim=1, keepdim=True)
        return mean, entropy / math.log(CLASSES), members


def network() -> nn.Module:
    """Untrained."""
    return QUTE()
