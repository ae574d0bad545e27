# /// deploykit
# [model]
# name = "ghnd"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.image]
# type = "image"
# size = [512, 512]
# crop = "letterbox"
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.bottleneck]
# type = "tensor"
#
# [output.presence]
# type = "tensor"
#
# [paper]
# title = """\
#   Neural Compression and Filtering for Edge-assisted Real-time Object Detection in Challenged Networks"""
# year = 2020
#
# [zoo]
# notes = [
#     "Split computing: this is the phone's part, up to three channels that a server's detector goes on with.",
#     "The second output says first whether anything is in the picture (nothing, something); if not, nothing is sent.",
#     "Left out: the server's part, and rounding the three channels to eight bits, which an app does as it sends them.",
#     "The paper states no parameters of this part alone.",
# ]
# ///
"""GHND: the first layers of a ResNet-50 detector with a bottleneck to be sent, and a filter of empty pictures."""

from __future__ import annotations

import torch
from torch import nn

from deploykit.zoo.blocks import ConvNorm

SIDE = 512
SENT = 3
"""Channels of the bottleneck."""
FILTERED = (14, 8)
"""The side of the filter's last picture, and what it is averaged to."""


def widening(inputs: int, outputs: int) -> nn.Conv2d:
    """A 2×2 convolution that adds one to each side."""
    return nn.Conv2d(inputs, outputs, 2, padding=1, bias=False)


def plain(inputs: int, outputs: int, size: int, stride: int) -> list[nn.Module]:
    """A convolution without padding, batch norm, ReLU."""
    return [nn.Conv2d(inputs, outputs, size, stride), nn.BatchNorm2d(outputs), nn.ReLU()]


class AverageTo(nn.Module):
    """Adaptive average pooling at a ratio that is no whole number, which phones lack: products with fixed matrices."""

    shares: torch.Tensor

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        shares = nn.functional.adaptive_avg_pool1d(torch.eye(before)[None], after)[0]
        self.register_buffer("shares", shares, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.shares.transpose(0, 1) @ x @ self.shares


class Head(nn.Module):
    """1 × 3 × 512 × 512 → bottleneck 1 × 3 × 132 × 132, presence 1 × 2."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(ConvNorm(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1))
        self.encoder = nn.Sequential(
            widening(64, 64),
            nn.BatchNorm2d(64),
            widening(64, 256),
            nn.BatchNorm2d(256),
            nn.ReLU(),
            widening(256, 64),
            nn.BatchNorm2d(64),
            widening(64, SENT),
        )
        self.filter = nn.Sequential(
            nn.AvgPool2d(SIDE // 4 // 64),
            *plain(64, 64, 4, 2),
            *plain(64, 32, 3, 2),
            *plain(32, 16, 2, 1),
            AverageTo(*FILTERED),
            nn.Flatten(),
            nn.Linear(16 * FILTERED[1] ** 2, 2),
            nn.Softmax(-1),
        )

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.stem(image)
        return self.encoder(x), self.filter(x)


def network() -> nn.Module:
    """Untrained."""
    return Head()
