# /// deploykit
# [model]
# name = "mobiledets"
# license = "Apache-2.0"
#
# [task]
# type = "object-detection"
#
# [input.image]
# type = "image"
# size = [320, 320]
# mean = [0.5]
# std = [0.5]
#
# [output.boxes]
# type = "boxes"
# corners = "cxcywh"
# unit = "fractions"
# scores = "scores"
# overlap = 0.6
#
# [output.scores]
# type = "tensor"
#
# [paper]
# title = "MobileDets: Searching for Object Detection Architectures for Mobile Accelerators"
# year = 2020
# parameters = 7_160_000
# multiply_adds = 2.82e9
# table = "Table of results on COCO, MobileDet searched for the DSP"
#
# [zoo]
# classes = 90
# notes = [
#     "The network that was searched for DSPs, with SSDLite's head and anchors, for COCO's 90 numbers of classes.",
#     "Anchors are decoded in the graph, and the score of the background is left out; suppression is the SDK's.",
#     "Borders are padded alike on all sides, where the authors' framework pads more on the right and below.",
# ]
# ///
"""MobileDet for DSPs with SSDLite: full convolutions, fused or in a bottleneck, where accelerators like them better."""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import nn

from deploykit.zoo.blocks import ConvNorm, Residual

CLASSES = 90
EXTRA = (512, 256, 256, 128)
"""Channels of the maps behind the backbone's two; each halves the size."""
SIDES = (20, 10, 5, 3, 2, 1)
SCALES = (0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.0)
"""Of anchors, in shares of the picture: evenly from the first to the last map."""
RATIOS = (1.0, 2.0, 0.5, 3.0, 1 / 3)
CODE = (10.0, 5.0)
"""What SSD's numbers for middles and for sizes are divided by."""

conv = partial(ConvNorm, activation=nn.ReLU6)
linear = partial(ConvNorm, activation=None)


def eighths(channels: float) -> int:
    """The nearest multiple of eight."""
    return max(8, int(channels / 8 + 0.5) * 8)


def inverted(inputs: int, outputs: int, expansion: int, stride: int) -> list[nn.Module]:
    """MobileNetV2's."""
    inner = inputs * expansion
    return [conv(inputs, inner), conv(inner, inner, 3, stride, groups=inner), linear(inner, outputs)]


def fused(inputs: int, outputs: int, expansion: int, stride: int) -> list[nn.Module]:
    """The same with one full convolution for the expanding and the depthwise one."""
    return [conv(inputs, inputs * expansion, 3, stride), linear(inputs * expansion, outputs)]


def tucker(inputs: int, outputs: int, ranks: tuple[float, float]) -> list[nn.Module]:
    """A full convolution between few channels: a generalised bottleneck."""
    first, second = eighths(inputs * ranks[0]), eighths(outputs * ranks[1])
    return [conv(inputs, first), conv(first, second, 3), linear(second, outputs)]


FULL, SLIM = "fused", "inverted"
FINE = (
    *((FULL, 32, 4, 2), (FULL, 32, 4, 1), (SLIM, 32, 4, 1), ((0.25, 0.75), 32, 0, 1)),
    *((FULL, 64, 8, 2), (SLIM, 64, 4, 1), (FULL, 64, 4, 1), (FULL, 64, 4, 1)),
    *((FULL, 120, 8, 2), (SLIM, 120, 4, 1), (SLIM, 120, 8, 1), (SLIM, 120, 8, 1)),
    *((FULL, 144, 8, 0), (SLIM, 144, 8, 1), (SLIM, 144, 8, 1), (SLIM, 144, 8, 1)),
)
COARSE = ((SLIM, 160, 4, 2), (SLIM, 160, 4, 1), (FULL, 160, 4, 1), ((0.75, 0.75), 160, 0, 1), (SLIM, 240, 8, 0))
"""Kind (a pair of ranks: tucker), channels, expansion, stride; 0 keeps the size and has no shortcut."""


def stages(inputs: int, plan: tuple[tuple[str | tuple[float, float], int, int, int], ...]) -> nn.Sequential:
    """The layers of a plan."""
    layers: list[nn.Module] = []
    for kind, width, expansion, stride in plan:
        if isinstance(kind, tuple):
            inside = tucker(inputs, width, kind)
        else:
            inside = (fused if kind == FULL else inverted)(inputs, width, expansion, max(stride, 1))
        layers.append(Residual(*inside) if stride == 1 else nn.Sequential(*inside))
        inputs = width
    return nn.Sequential(*layers)


def anchors() -> torch.Tensor:
    """Middle and size of each, in shares of the picture: 4 × anchors."""
    found = []
    for level, side in enumerate(SIDES):
        scale, between = SCALES[level], math.sqrt(SCALES[level] * SCALES[level + 1])
        shapes = [(scale, ratio) for ratio in RATIOS] + [(between, 1.0)] if level else [(0.1, 1.0)]
        shapes += [] if level else [(scale, ratio) for ratio in RATIOS[1:3]]
        for row in range(side):
            for column in range(side):
                middle = ((column + 0.5) / side, (row + 0.5) / side)
                found += [(*middle, s * math.sqrt(ratio), s / math.sqrt(ratio)) for s, ratio in shapes]
    return torch.tensor(found).transpose(0, 1)


def predictor(inputs: int, outputs: int) -> nn.Sequential:
    """SSDLite's."""
    return nn.Sequential(conv(inputs, inputs, 3, groups=inputs), nn.Conv2d(inputs, outputs, 1))


class MobileDet(nn.Module):
    """1 × 3 × 320 × 320 → boxes 1 × 2034 × 4, scores 1 × 2034 × 90."""

    anchors: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        stem = [conv(3, 32, 3, 2), conv(32, 32, 3, groups=32), linear(32, 24)]
        self.fine = nn.Sequential(*stem, stages(24, FINE))
        self.coarse = stages(FINE[-1][1], COARSE)
        widths = [FINE[-1][1], COARSE[-1][1], *EXTRA]
        self.extra = nn.ModuleList(
            nn.Sequential(
                conv(before, width // 2), conv(width // 2, width // 2, 3, 2, groups=width // 2), conv(width // 2, width)
            )
            for before, width in zip(widths[1:], EXTRA, strict=False)
        )
        counts = [3, *[len(RATIOS) + 1] * (len(SIDES) - 1)]
        self.boxes = nn.ModuleList(predictor(width, 4 * n) for width, n in zip(widths, counts, strict=True))
        self.classes = nn.ModuleList(
            predictor(width, (CLASSES + 1) * n) for width, n in zip(widths, counts, strict=True)
        )
        self.register_buffer("anchors", anchors().transpose(0, 1)[None], persistent=False)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        maps = [self.fine(image)]
        for step in (self.coarse, *self.extra):
            maps.append(step(maps[-1]))
        batch = image.shape[0]
        found, scores = (
            torch.cat(
                [head(x).permute(0, 2, 3, 1).reshape(batch, -1, n) for head, x in zip(heads, maps, strict=True)], 1
            )
            for heads, n in ((self.boxes, 4), (self.classes, CLASSES + 1))
        )
        middles = found[..., :2] / CODE[0] * self.anchors[..., 2:] + self.anchors[..., :2]
        sizes = (found[..., 2:] / CODE[1]).exp() * self.anchors[..., 2:]
        return torch.cat([middles, sizes], -1), scores[..., 1:].sigmoid()


def network() -> nn.Module:
    """Untrained."""
    return MobileDet()
