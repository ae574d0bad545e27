# /// deploykit
# [model]
# name = "tinyissimoyolo"
# license = "Apache-2.0"
#
# [task]
# type = "object-detection"
# labels = ["person"]
#
# [input.image]
# type = "image"
# size = [88, 88]
#
# [output.boxes]
# type = "boxes"
# corners = "cxcywh"
# unit = "fractions"
#
# [paper]
# title = """\
#   TinyissimoYOLO: A Quantized, Low-Memory Footprint, TinyML Object Detection Network for Low Power Microcontrollers"""
# year = 2023
# parameters = 422_000
# table = "Abstract"
#
# [zoo]
# notes = [
#     "The widths are those of the authors' later small version; the linear layer makes it the paper's 422 thousand.",
#     "Two boxes for each of 4 x 4 cells are decoded in the graph; the paper also has two and three classes.",
#     "Scores and places are kept between 0 and 1 by sigmoids; the first YOLO leaves that to its training.",
# ]
# ///
"""TinyissimoYOLO: the first YOLO's grid behind ten small convolutions, for a microcontroller with half a megabyte."""

from __future__ import annotations

import torch
from torch import nn

from deploykit.zoo.blocks import ConvNorm

PLAN = ((16,), (16, 16), (32, 32), (64, 64), (64, 128), (128,))
"""Channels of 3×3 convolutions; between the groups the size is halved."""
SIDE = 88
CELLS = 4
BOXES = 2
CLASSES = 1


class Tinyissimo(nn.Module):
    """1 × 3 × 88 × 88 → 1 × 32 × 5: middle, size and score of two boxes a cell."""

    corners: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before, side = 3, SIDE
        for index, group in enumerate(PLAN):
            if index:
                layers.append(nn.MaxPool2d(2))
                side //= 2
            for width in group:
                layers.append(ConvNorm(before, width, 3))
                before = width
        self.numbers = 5 * BOXES + CLASSES
        self.body = nn.Sequential(*layers, nn.Flatten())
        self.grid = nn.Linear(before * side * side, CELLS * CELLS * self.numbers)
        at = torch.arange(CELLS) / CELLS
        corners = torch.stack(torch.meshgrid(at, at, indexing="xy"), -1).reshape(1, CELLS * CELLS, 1, 2)
        self.register_buffer("corners", corners, persistent=False)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        found = self.grid(self.body(image)).sigmoid().reshape(-1, CELLS * CELLS, self.numbers)
        classes = found[..., 5 * BOXES :].reshape(-1, CELLS * CELLS, 1, CLASSES)
        boxes = found[..., : 5 * BOXES].reshape(-1, CELLS * CELLS, BOXES, 5)
        middles = boxes[..., :2] / CELLS + self.corners
        decoded = torch.cat([middles, boxes[..., 2:4], boxes[..., 4:] * classes], -1)
        return decoded.reshape(-1, CELLS * CELLS * BOXES, 4 + CLASSES)


def network() -> nn.Module:
    """Untrained."""
    return Tinyissimo()
