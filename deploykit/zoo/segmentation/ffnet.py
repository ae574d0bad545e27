# /// deploykit
# [model]
# name = "ffnet"
# license = "Apache-2.0"
#
# [task]
# type = "segmentation"
# labels = [
#     "road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign", "vegetation", "terrain",
#     "sky", "person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle",
# ]
#
# [input.image]
# type = "image"
# size = [256, 512]
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.areas]
# type = "class-map"
#
# [paper]
# title = "Simple and Efficient Architectures for Semantic Segmentation"
# year = 2022
#
# [zoo]
# notes = [
#     "FFNet-40S BBB for mobile phones, which gives the 19 classes of Cityscapes at a quarter of the picture's size.",
#     "Trained at 512 x 1024, where it has 60 G multiply-adds; this entry takes half of that in each direction.",
#     "The paper compares by time and accuracy, so there is no count to check; its makers publish 13.9 million.",
# ]
# ///
"""FFNet-40S: a plain slim ResNet and a head of convolutions only, with no fuss of dilation or attention."""

from __future__ import annotations

import torch
from torch import nn

from deploykit.zoo.blocks import ConvNorm

STAGES = ((64, 4, 1), (128, 5, 2), (192, 6, 2), (320, 4, 2))
"""Channels, blocks, stride."""
ADAPTED = (64, 128, 128, 256)
SMOOTHED = (96, 96, 64, 32)
"""Channels in the head, from fine to coarse."""
MIDDLE = 256
CLASSES = 19


class BasicBlock(nn.Module):
    """ResNet's."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.inside = nn.Sequential(
            ConvNorm(inputs, outputs, 3, stride), ConvNorm(outputs, outputs, 3, activation=None)
        )
        same = inputs == outputs and stride == 1
        self.skip = nn.Identity() if same else ConvNorm(inputs, outputs, 1, stride, activation=None)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.skip(x) + self.inside(x))


class FFNet(nn.Module):
    """1 × 3 × 256 × 512 → 1 × 19 × 64 × 128."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(ConvNorm(3, 32, 3, 2), ConvNorm(32, 64, 3, 2))
        widths = [64, *(width for width, _, _ in STAGES)]
        self.stages = nn.ModuleList(
            nn.Sequential(BasicBlock(before, width, stride), *(BasicBlock(width, width) for _ in range(blocks - 1)))
            for before, (width, blocks, stride) in zip(widths, STAGES, strict=False)
        )
        self.adapt = nn.ModuleList(ConvNorm(*each) for each in zip(widths[1:], ADAPTED, strict=True))
        self.smooth = nn.ModuleList(ConvNorm(*each, 3) for each in zip(ADAPTED, SMOOTHED, strict=True))
        self.lift = nn.ModuleList(ConvNorm(ADAPTED[i], ADAPTED[i - 1]) for i in range(1, 4))
        self.ups = nn.ModuleList(nn.Upsample(scale_factor=2**i, mode="nearest") for i in range(4))
        self.head = nn.Sequential(
            nn.Conv2d(sum(SMOOTHED), MIDDLE, 3, padding=1),
            nn.BatchNorm2d(MIDDLE),
            nn.ReLU(),
            nn.Conv2d(MIDDLE, CLASSES, 3, padding=1),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.stem(image)
        seen = [adapt(x := stage(x)) for adapt, stage in zip(self.adapt, self.stages, strict=True)]
        for index in (2, 1, 0):
            seen[index] = seen[index] + self.ups[1](self.lift[index](seen[index + 1]))
        levels = zip(self.ups, self.smooth, seen, strict=True)
        return self.head(torch.cat([up(smooth(x)) for up, smooth, x in levels], 1))


def network() -> nn.Module:
    """Untrained."""
    return FFNet()
