# /// deploykit
# [model]
# name = "blazepose"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.image]
# type = "image"
# size = [256, 256]
#
# [output.points]
# type = "keypoints"
#
# [output.presence]
# type = "tensor"
#
# [paper]
# title = "BlazePose: On-device Real-time Body Pose tracking"
# year = 2020
# parameters = 3_500_000
# table = "Section 3, BlazePose Full"
#
# [zoo]
# difference = """\
#   The paper draws the network without telling each layer's width; depths and widths are what others read off its \
#   figure. The branch of heat maps and offsets is for training only and left out."""
# notes = [
#     "Each of 33 points is x and y in fractions of the cut-out person, and how visible it is.",
#     "Finding the person, turning the cut-out upright and following it from picture to picture are left to the app.",
# ]
# ///
"""BlazePose: an encoder, a decoder and an encoder again, which gives a person's points as numbers, not as heat maps."""

from __future__ import annotations

import torch
from torch import nn

POINTS = 33
ENCODER = ((48, 3), (96, 4), (192, 5), (288, 6))
"""Channels and blocks of a stage, each at half the size of the one before."""
DECODER = 48


def separable(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """3×3 depthwise, 1×1 and batch norm."""
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
    )


class BlazeBlock(nn.Module):
    """BlazeFace's block: a separable convolution, beside it the input, pooled and with more channels if need be."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = separable(inputs, outputs, stride)
        self.shrink = nn.MaxPool2d(2) if stride == 2 else nn.Identity()
        self.more = outputs - inputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skip = self.shrink(x)
        if self.more:
            skip = nn.functional.pad(skip, (0, 0, 0, 0, 0, self.more))
        return torch.relu(self.conv(x) + skip)


def stage(inputs: int, outputs: int, blocks: int) -> nn.Sequential:
    """Halves the size, and goes on at it."""
    return nn.Sequential(BlazeBlock(inputs, outputs, 2), *(BlazeBlock(outputs, outputs) for _ in range(blocks - 1)))


class BlazePose(nn.Module):
    """1 × 3 × 256 × 256 → points 1 × 33 × 3, presence of a person 1 × 1."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 24, 3, 2, 1, bias=False), nn.BatchNorm2d(24), nn.ReLU(), BlazeBlock(24, 24), BlazeBlock(24, 24)
        )
        widths = [24, *(width for width, _ in ENCODER)]
        self.down = nn.ModuleList(stage(widths[i], *ENCODER[i]) for i in range(4))
        self.beside = nn.ModuleList(nn.Sequential(separable(width, DECODER), nn.ReLU()) for width in widths[1:])
        self.up = nn.Upsample(scale_factor=2, mode="bilinear")
        # The decoder's finest picture is as large as the encoder's first stage; from there down again.
        self.again = nn.ModuleList(stage(*each) for each in ((DECODER, 96, 4), (96, 192, 5), (192, 288, 6)))
        self.skips = nn.ModuleList(nn.Sequential(separable(width, width), nn.ReLU()) for width in widths[2:])
        self.end = nn.Sequential(stage(288, 288, 7), stage(288, 288, 7), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.points = nn.Linear(288, 3 * POINTS)
        self.presence = nn.Linear(288, 1)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.stem(image)
        encoded = [x := down(x) for down in self.down]
        fine, *coarser = (beside(each) for beside, each in zip(self.beside, encoded, strict=True))
        for skip in reversed([fine, *coarser[:-1]]):
            coarser[-1] = self.up(coarser[-1]) + skip
        x = coarser[-1]
        for again, skip_of, each in zip(self.again, self.skips, encoded[1:], strict=True):
            x = again(x) + skip_of(each)
        features = self.end(x)
        points = self.points(features).reshape(-1, POINTS, 3)
        return torch.cat([points[..., :2], points[..., 2:].sigmoid()], -1), self.presence(features).sigmoid()


def network() -> nn.Module:
    """Untrained."""
    return BlazePose()
