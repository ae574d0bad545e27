# /// deploykit
# [model]
# name = "mobiler2l"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.rays]
# type = "tensor"
# shape = [1, 312, 100, 100]
#
# [output.picture]
# type = "picture"
#
# [paper]
# title = "Real-Time Neural Light Field on Mobile Devices"
# year = 2023
#
# [zoo]
# notes = [
#   "for synthetic scenes: 100 x 100 rays become 800 x 800 pixels; one file of weights for each scene",
#   "a ray is 8 points with 6 frequencies (3 x 8 x 13 numbers): camera and encoding are the app's, in plain arithmetic",
#   "no number of parameters is verified",
# ]
# ///
"""MobileR2L: a scene's picture in one pass of 1 x 1 convolutions over few rays, then learned enlargement."""

from __future__ import annotations

import torch
from torch import nn


class Residual(nn.Module):
    """Two 1 x 1 convolutions beside a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv2d(width, width, 1),
            nn.BatchNorm2d(width),
            nn.GELU(),
            nn.Conv2d(width, width, 1),
            nn.BatchNorm2d(width),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = x + self.convolutions(x)
        return out


def residuals(width: int, number: int) -> nn.Sequential:
    """Some of them in a row."""
    return nn.Sequential(*(Residual(width) for _ in range(number)))


class MobileR2L(nn.Module):
    """A deep trunk at the rays' number, then super-resolution modules, each of twice the size."""

    def __init__(
        self, inputs: int = 312, width: int = 256, layers: int = 60, widths: tuple[int, ...] = (64, 64, 16)
    ) -> None:
        super().__init__()
        self.head = nn.Sequential(nn.Conv2d(inputs, width, 1), nn.GELU())
        self.body = residuals(width, (layers - 2) // 2)
        tail: list[nn.Module] = []
        for before, after in zip((width, *widths), widths, strict=False):
            tail += [nn.ConvTranspose2d(before, after, 4, stride=2, padding=1), residuals(after, 2)]
        self.tail = nn.Sequential(*tail, nn.Conv2d(widths[-1], 3, 1), nn.Sigmoid())

    def forward(self, rays: torch.Tensor) -> torch.Tensor:
        x = self.head(rays)
        picture: torch.Tensor = self.tail(self.body(x) + x)
        return picture


def network() -> nn.Module:
    """Untrained."""
    return MobileR2L()
