# /// deploykit
# [model]
# name = "retinaface"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
# labels = ["face"]
#
# [input.image]
# type = "image"
# size = [640, 640]
# color = "bgr"
# crop = "letterbox"
# scale = 1.0
# mean = [104.0, 117.0, 123.0]
#
# [output.boxes]
# type = "boxes"
# corners = "cxcywh"
# scores = "scores"
# overlap = 0.4
#
# [output.scores]
# type = "tensor"
#
# [output.points]
# type = "tensor"
#
# [paper]
# title = "RetinaFace: Single-stage Dense Face Localisation in the Wild"
# year = 2019
#
# [zoo]
# notes = [
#   "Anchors are decoded to pixels inside; rows below the score and what overlaps are the app's to leave out.",
#   "The dense branch, which draws the face again, is for training only.",
#   "Known implementations of this variant have 0.43 M parameters; the paper states none.",
# ]
# ///
"""RetinaFace on a quarter of MobileNet: boxes, scores and five points of every face in a picture."""

from __future__ import annotations

from itertools import product

import torch
from torch import nn

SIZE = 640
STEPS = {8: (16, 32), 16: (64, 128), 32: (256, 512)}
"""Sides of the anchors on each level's grid, in pixels."""
VARIANCE = (0.1, 0.2)
SLOPE = 0.1


class Conv(nn.Sequential):
    """A convolution, a norm and a leaky ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, act: bool = True) -> None:
        conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        super().__init__(conv, nn.BatchNorm2d(outputs), nn.LeakyReLU(SLOPE) if act else nn.Identity())


class Separable(nn.Sequential):
    """MobileNet's block."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        depthwise = nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False)
        super().__init__(depthwise, nn.BatchNorm2d(inputs), nn.LeakyReLU(SLOPE), Conv(inputs, outputs, 1))


class Context(nn.Module):
    """The context module: windows of 3, 5 and 7 pixels, made of 3×3 convolutions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half, quarter = channels // 2, channels // 4
        self.three = Conv(channels, half, act=False)
        self.shared = Conv(channels, quarter)
        self.five = Conv(quarter, quarter, act=False)
        self.seven = nn.Sequential(Conv(quarter, quarter), Conv(quarter, quarter, act=False))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shared = self.shared(x)
        return torch.cat([self.three(x), self.five(shared), self.seven(shared)], 1).relu()


class Head(nn.Module):
    """A row of numbers for each anchor, over all levels."""

    def __init__(self, channels: int, numbers: int) -> None:
        super().__init__()
        self.numbers = numbers
        self.levels = nn.ModuleList(nn.Conv2d(channels, 2 * numbers, 1) for _ in STEPS)

    def forward(self, maps: list[torch.Tensor]) -> torch.Tensor:
        rows = [level(x).permute(0, 2, 3, 1).flatten(1) for level, x in zip(self.levels, maps, strict=True)]
        return torch.cat(rows, 1).reshape(len(maps[0]), -1, self.numbers)


class RetinaFace(nn.Module):
    """MobileNet-0.25, a pyramid of three levels, a context module and three heads on each."""

    anchors: torch.Tensor

    def __init__(self, channels: int = 64) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            [
                nn.Sequential(
                    Conv(3, 8, 3, 2),
                    Separable(8, 16),
                    Separable(16, 32, 2),
                    Separable(32, 32),
                    Separable(32, 64, 2),
                    Separable(64, 64),
                ),
                nn.Sequential(Separable(64, 128, 2), *(Separable(128, 128) for _ in range(5))),
                nn.Sequential(Separable(128, 256, 2), Separable(256, 256)),
            ]
        )
        self.sides = nn.ModuleList(Conv(width, channels, 1) for width in (64, 128, 256))
        self.merges = nn.ModuleList(Conv(channels, channels) for _ in range(2))
        self.contexts = nn.ModuleList(Context(channels) for _ in STEPS)
        self.boxes, self.scores, self.points = Head(channels, 4), Head(channels, 2), Head(channels, 10)
        self.register_buffer("anchors", _anchors(), persistent=False)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        maps = []
        for stage, side in zip(self.stages, self.sides, strict=True):
            image = stage(image)
            maps.append(side(image))
        for level in (1, 0):
            upper = nn.functional.interpolate(maps[level + 1], scale_factor=2.0, mode="nearest")
            maps[level] = self.merges[level](maps[level] + upper)
        found = [context(level) for context, level in zip(self.contexts, maps, strict=True)]
        scores = self.scores(found).softmax(-1)[..., 1:]
        return self._boxes(self.boxes(found)), scores, self._points(self.points(found))

    def _boxes(self, offsets: torch.Tensor) -> torch.Tensor:
        """Middle, width and height in pixels; offsets: 1 × anchors × 4."""
        middles = self.anchors[:, :2] + offsets[..., :2] * VARIANCE[0] * self.anchors[:, 2:]
        return torch.cat([middles, self.anchors[:, 2:] * (offsets[..., 2:] * VARIANCE[1]).exp()], -1)

    def _points(self, offsets: torch.Tensor) -> torch.Tensor:
        """Five points in pixels; offsets: 1 × anchors × 10."""
        middles, sizes = self.anchors[:, :2].repeat(1, 5), self.anchors[:, 2:].repeat(1, 5)
        return middles + offsets * VARIANCE[0] * sizes


def _anchors() -> torch.Tensor:
    """Middle and sides of every anchor, in pixels; anchors × 4."""
    rows = [
        ((x + 0.5) * step, (y + 0.5) * step, side, side)
        for step, sides in STEPS.items()
        for y, x, side in product(range(SIZE // step), range(SIZE // step), sides)
    ]
    return torch.tensor(rows, dtype=torch.float32)


def network() -> nn.Module:
    """Untrained."""
    return RetinaFace()
