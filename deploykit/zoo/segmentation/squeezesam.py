# /// deploykit
# [model]
# name = "squeezesam"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.image]
# type = "image"
# size = [256, 256]
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [input.clicks]
# type = "tensor"
# shape = [1, 8, 3]
#
# [output.masks]
# type = "tensor"
#
# [output.quality]
# type = "tensor"
#
# [paper]
# title = "SqueezeSAM: User friendly mobile interactive segmentation"
# year = 2023
#
# [zoo]
# notes = [
#   "a click is x, y from -1 to 1 and what it is: above 0 on the object, below 0 beside it, 0 no click at all",
#   "256 x 256 here, 512 x 512 in the paper; only the table of places at the bottom depends on it",
#   "masks are three guesses before the sigmoid, quality how well each one fits",
#   "as the paper: a convolutional encoder and decoder, clicks drawn into the input early and met again at the bottom",
#   "widths and the attention's place are this entry's choice, as the paper's could not be looked up",
#   "first clicks from a saliency model are left to the app",
# ]
# ///
"""SqueezeSAM: what was tapped is cut out, by a U-Net that takes the clicks as two more channels of the picture."""

from __future__ import annotations

import itertools

import torch
from torch import nn
from torch.nn import functional

from deploykit.zoo.attention import attend
from deploykit.zoo.blocks import ConvNorm

WIDTHS = (32, 64, 128, 256, 512)
SIGMA = 0.02
"""Of a drawn click, in halves of the picture's side."""


def double(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Two 3 x 3 convolutions with their norms."""
    return nn.Sequential(ConvNorm(inputs, outputs, 3, stride), ConvNorm(outputs, outputs, 3))


class ClickMaps(nn.Module):
    """Early fusion: clicks as blurred dots, those on the object and those beside it in a map each."""

    rows: torch.Tensor
    columns: torch.Tensor

    def __init__(self, side: int) -> None:
        super().__init__()
        places = torch.linspace(-1, 1, side)
        self.register_buffer("rows", places.view(1, 1, side, 1))
        self.register_buffer("columns", places.view(1, 1, 1, side))

    def forward(self, clicks: torch.Tensor) -> torch.Tensor:
        x, y, kind = (part.unsqueeze(3) for part in clicks.chunk(3, dim=2))
        dots = torch.exp(-((self.rows - y) / SIGMA).square()) * torch.exp(-((self.columns - x) / SIGMA).square())
        on, off = dots * kind.clamp_min(0), dots * (-kind).clamp_min(0)
        return torch.cat([on.amax(dim=1, keepdim=True), off.amax(dim=1, keepdim=True)], dim=1)


class Meeting(nn.Module):
    """Late fusion: places of the deepest map attend to each other and to the clicks."""

    def __init__(self, width: int, places: int, heads: int = 8) -> None:
        super().__init__()
        self.heads = heads
        self.place = nn.Parameter(torch.randn(1, places, width) * 0.02)
        self.click = nn.Linear(3, width)
        self.norm = nn.LayerNorm(width)
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.perceptron = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: torch.Tensor, clicks: torch.Tensor) -> torch.Tensor:
        tokens = x.flatten(2).transpose(1, 2)
        normal = self.norm(tokens + self.place)
        known = torch.cat([normal, self.click(clicks)], dim=1)
        seen = attend(self.query(normal), self.key(known), self.value(known), self.heads)
        tokens = tokens + self.out(seen)
        tokens = tokens + self.perceptron(tokens)
        return tokens.transpose(1, 2).reshape(x.shape)


class SqueezeSAM(nn.Module):
    """The U-Net."""

    def __init__(self, side: int = 256, masks: int = 3) -> None:
        super().__init__()
        self.draw = ClickMaps(side)
        self.stem = double(5, WIDTHS[0], 2)
        steps = list(itertools.pairwise(WIDTHS))
        self.down = nn.ModuleList(double(inputs, outputs, 2) for inputs, outputs in steps)
        self.meetings = nn.ModuleList(Meeting(WIDTHS[-1], (side >> len(WIDTHS)) ** 2) for _ in range(2))
        self.up = nn.ModuleList(double(outputs + inputs, inputs) for inputs, outputs in reversed(steps))
        self.masks = nn.Conv2d(WIDTHS[0], masks, 1)
        self.quality = nn.Conv2d(WIDTHS[-1], masks, 1)

    def forward(self, image: torch.Tensor, clicks: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        levels = [self.stem(torch.cat([image, self.draw(clicks)], dim=1))]
        for down in self.down:
            levels.append(down(levels[-1]))
        x = levels.pop()
        for meeting in self.meetings:
            x = meeting(x, clicks)
        quality = torch.sigmoid(self.quality(x.mean(dim=(2, 3), keepdim=True))).flatten(1)
        for up, level in zip(self.up, reversed(levels), strict=True):
            x = functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
            x = up(torch.cat([x, level], dim=1))
        masks = functional.interpolate(self.masks(x), scale_factor=2.0, mode="bilinear", align_corners=False)
        return masks, quality


def network() -> nn.Module:
    """Untrained."""
    return SqueezeSAM()
