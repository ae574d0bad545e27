# /// deploykit
# [model]
# name = "squeezetime"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.clip]
# type = "tensor"
# shape = [1, 48, 224, 224]
#
# [output.scores]
# type = "scores"
# activation = "softmax"
#
# [paper]
# title = "No Time to Waste: Squeeze Time into Channel for Mobile Video Understanding"
# year = 2024
#
# [zoo]
# classes = 400
# notes = [
#   "clip is 16 frames squeezed into channels, as the paper has it: 16 of red, then of green, then of blue, normalised",
#   "every fourth frame of the video is one of the clip; 400 classes of Kinetics",
#   "nothing in it has more than four dimensions; no number of parameters is verified",
# ]
# ///
"""SqueezeTime: actions in a clip by a 2-D network whose channels hold time, and modules that tell times apart."""

from __future__ import annotations

import torch
from torch import nn


class Importance(nn.Sequential):
    """A weight for each channel, that is, for each moment."""

    def __init__(self, width: int) -> None:
        super().__init__(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(width, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 1, bias=False),
            nn.Sigmoid(),
        )


class Interaction(nn.Module):
    """Inter-temporal object interaction (IOI): a local convolution, gated by what few maps see in a wide window."""

    def __init__(self, inputs: int, outputs: int, side: int, middle: int = 16) -> None:
        super().__init__()
        self.short = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.squeeze = nn.Sequential(nn.Conv2d(inputs, middle, 3, padding=1), nn.BatchNorm2d(middle), nn.ReLU())
        self.position = nn.Parameter(torch.randn(1, middle, side, side) * (2 / (middle * side * side)) ** 0.5)
        self.gate = nn.Sequential(
            nn.Conv2d(middle, middle, 7, padding=3),
            nn.BatchNorm2d(middle),
            nn.ReLU(),
            nn.Conv2d(middle, outputs, 3, padding=1),
            nn.Sigmoid(),
        )

    def forward(self, x: torch.Tensor, weighed: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.short(x) * self.gate(self.squeeze(weighed) + self.position)
        return out


class ChannelTime(nn.Module):
    """Channel-time learning (CTL): channels weighed and mixed for time, beside the interaction for space."""

    def __init__(self, width: int, side: int) -> None:
        super().__init__()
        self.importance = Importance(width)
        self.temporal = nn.Conv2d(width, width, 1, bias=False)
        self.spatial = Interaction(width, width, side)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weighed = x * self.importance(x)
        out: torch.Tensor = self.temporal(weighed) + self.spatial(x, weighed)
        return out


class Block(nn.Module):
    """A bottleneck around channel-time learning."""

    def __init__(self, inputs: int, width: int, side: int, stride: int) -> None:
        super().__init__()
        outputs = 4 * width
        down = nn.Conv2d(inputs, inputs, 2, stride=2, groups=inputs)
        self.down = nn.Sequential(down, nn.BatchNorm2d(inputs)) if stride == 2 else nn.Identity()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            ChannelTime(width, side),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        project = nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))
        self.shortcut = project if inputs != outputs else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.down(x)
        return torch.relu(self.body(x) + self.shortcut(x))


class SqueezeTime(nn.Module):
    """ResNet-50's plan, with those blocks."""

    def __init__(self, frames: int = 16, size: int = 224, classes: int = 400) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3 * frames, 64, 5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        blocks, inputs = [], 64
        for stage, depth in enumerate((3, 4, 6, 3)):
            width, side = 64 << stage, size // 4 >> stage
            for index in range(depth):
                blocks.append(Block(inputs, width, side, stride=2 if stage and not index else 1))
                inputs = 4 * width
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(inputs, classes)

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.head(self.blocks(self.stem(clip)).mean(dim=(2, 3)))
        return scores


def network() -> nn.Module:
    """Untrained."""
    return SqueezeTime()
