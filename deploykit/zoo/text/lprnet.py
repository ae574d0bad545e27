# /// deploykit
# [model]
# name = "lprnet"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.plate]
# type = "image"
# size = [24, 94]
# color = "bgr"
# scale = 0.0078125
# mean = [0.99609375]
#
# [output.characters]
# type = "tokens"
#
# [paper]
# title = "LPRNet: License Plate Recognition via Deep Neural Networks"
# year = 2018
#
# [zoo]
# notes = [
#     "Layers of Table 2, characters of Chinese plates (67 and a blank). The paper states no parameters.",
#     "Gives 18 places with a score for each character; taking out repeats and blanks (CTC) is left to the app.",
#     "Left out: the spatial transformer that straightens a plate first, which the paper has as an option.",
# ]
# ///
"""LPRNet: reads a licence plate without a recurrent layer, by wide kernels and features of all depths."""

from __future__ import annotations

import torch
from torch import nn

CHARACTERS = 68


class Small(nn.Sequential):
    """The paper's small basic block: a 3×1 and a 1×3 convolution between two 1×1; batch norm and ReLU behind."""

    def __init__(self, inputs: int, outputs: int) -> None:
        inner = outputs // 4
        super().__init__(
            nn.Conv2d(inputs, inner, 1),
            nn.ReLU(),
            nn.Conv2d(inner, inner, (3, 1), padding=(1, 0)),
            nn.ReLU(),
            nn.Conv2d(inner, inner, (1, 3), padding=(0, 1)),
            nn.ReLU(),
            nn.Conv2d(inner, outputs, 1),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        )


class Pool(nn.Module):
    """3×3 max-pooling that halves the width, and keeps each `every`-th channel only."""

    def __init__(self, every: int) -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(3, (1, 2))
        self.every = every

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.pool(x)[:, :: self.every]


class LPRNet(nn.Module):
    """1 × 3 × 24 × 94 → 1 × 18 × 68: a score for each character at each place."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 64, 3), nn.BatchNorm2d(64), nn.ReLU())
        self.second = nn.Sequential(nn.MaxPool2d(3, 1), Small(64, 128))
        self.third = nn.Sequential(Pool(2), Small(64, 256), Small(256, 256))
        self.last = nn.Sequential(
            Pool(4),
            nn.Conv2d(64, 256, (1, 4)),
            nn.BatchNorm2d(256),
            nn.ReLU(),
            nn.Conv2d(256, CHARACTERS, (13, 1)),
            nn.BatchNorm2d(CHARACTERS),
            nn.ReLU(),
        )
        self.shrink = nn.ModuleList(
            [nn.AvgPool2d(5, 5), nn.AvgPool2d(5, 5), nn.AvgPool2d((4, 10), (4, 2)), nn.Identity()]
        )
        self.join = nn.Conv2d(64 + 128 + 256 + CHARACTERS, CHARACTERS, 1)

    def forward(self, plate: torch.Tensor) -> torch.Tensor:
        first = self.stem(plate)
        second = self.second(first)
        third = self.third(second)
        small = [shrink(x) for shrink, x in zip(self.shrink, (first, second, third, self.last(third)), strict=True)]
        scaled = [x / (x * x).mean((1, 2, 3), keepdim=True) for x in small]  # the paper's global context
        return self.join(torch.cat(scaled, 1)).mean(2).transpose(1, 2)


def network() -> nn.Module:
    """Untrained."""
    return LPRNet()
