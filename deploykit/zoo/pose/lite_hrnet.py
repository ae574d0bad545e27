# /// deploykit
# [model]
# name = "lite-hrnet"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.image]
# type = "image"
# size = [256, 192]
# resize = "bilinear"
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.points]
# type = "keypoints"
# form = "heatmaps"
#
# [paper]
# title = "Lite-HRNet: A Lightweight High-Resolution Network"
# year = 2021
# parameters = 1_100_000
# multiply_adds = 205e6
# table = "results on COCO val2017, Lite-HRNet-18, 256 × 192"
#
# [zoo]
# difference = "The paper states it in tenths of a million."
# notes = [
#   "The picture is a person that another network found and cut out.",
#   "17 heat maps of 64 × 48, one for each of COCO's points.",
# ]
# ///
"""Lite-HRNet-18: maps of four sizes side by side all the way, whose channels weigh each other across sizes."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

WIDTHS = (40, 80, 160, 320)
MODULES = (2, 4, 2)
"""In stages of two, three and four sizes."""
POINTS = 17


def conv(inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """A convolution and a norm."""
    layer = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [layer, nn.BatchNorm2d(outputs)]


def separable(inputs: int, outputs: int, stride: int = 1) -> list[nn.Module]:
    """A depthwise convolution and one over channels."""
    return [*conv(inputs, inputs, 3, stride, groups=inputs), *conv(inputs, outputs)]


def shuffled(x: torch.Tensor) -> torch.Tensor:
    """The channels of both halves in turn."""
    batch, channels, height, width = x.shape
    return x.view(batch, 2, channels // 2, height, width).transpose(1, 2).reshape(batch, channels, height, width)


class Stem(nn.Module):
    """A quarter of the picture's size, in two halves of channels."""

    def __init__(self, channels: int = 32) -> None:
        super().__init__()
        half = channels // 2
        self.first = nn.Sequential(*conv(3, channels, 3, 2), nn.ReLU())
        self.plain = nn.Sequential(*separable(half, half, 2), nn.ReLU())
        self.wide = nn.Sequential(
            *conv(half, channels),
            nn.ReLU(),
            *conv(channels, channels, 3, 2, channels),
            *conv(channels, half),
            nn.ReLU(),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        first, second = self.first(image).chunk(2, 1)
        return shuffled(torch.cat([self.plain(first), self.wide(second)], 1))


class AcrossSizes(nn.Module):
    """Cross-resolution weighting: weights for all sizes from all sizes, computed at the smallest."""

    def __init__(self, widths: list[int], reduction: int = 8) -> None:
        super().__init__()
        total = sum(widths)
        inner = total // reduction
        self.widths = widths
        self.weigh = nn.Sequential(*conv(total, inner), nn.ReLU(), *conv(inner, total), nn.Sigmoid())

    def forward(self, maps: list[torch.Tensor]) -> list[torch.Tensor]:
        last = len(maps) - 1
        small = [functional.avg_pool2d(x, 2 ** (last - i)) if i < last else x for i, x in enumerate(maps)]
        weights = self.weigh(torch.cat(small, 1)).split(self.widths, 1)
        larger = [
            functional.interpolate(w, scale_factor=2.0 ** (last - i), mode="nearest") if i < last else w
            for i, w in enumerate(weights)
        ]
        return [x * w for x, w in zip(maps, larger, strict=True)]


class OfChannels(nn.Module):
    """Spatial weighting: one weight for each channel of one size."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = channels // 4
        self.weigh = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, inner, 1),
            nn.ReLU(),
            nn.Conv2d(inner, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weighed: torch.Tensor = x * self.weigh(x)
        return weighed


class Block(nn.Module):
    """Conditional channel weighting, in place of 1×1 convolutions."""

    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        halves = [width // 2 for width in widths]
        self.across = AcrossSizes(halves)
        self.each = nn.ModuleList(nn.Sequential(*conv(w, w, 3, 1, w), OfChannels(w)) for w in halves)

    def forward(self, maps: list[torch.Tensor]) -> list[torch.Tensor]:
        halves = [x.chunk(2, 1) for x in maps]
        weighed = self.across([half[1] for half in halves])
        made = [each(x) for each, x in zip(self.each, weighed, strict=True)]
        return [shuffled(torch.cat([half[0], x], 1)) for half, x in zip(halves, made, strict=True)]


class Module(nn.Module):
    """Two blocks, then every size is given all others."""

    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(widths) for _ in range(2))
        sizes = range(len(widths))
        self.fuse = nn.ModuleList(nn.ModuleList(_between(widths, j, i) for j in sizes) for i in sizes)

    def forward(self, maps: list[torch.Tensor]) -> list[torch.Tensor]:
        for block in self.blocks:
            maps = block(maps)
        fused = []
        for to in self.fuse:
            assert isinstance(to, nn.ModuleList)
            fused.append(torch.stack([way(x) for way, x in zip(to, maps, strict=True)]).sum(0).relu())
        return fused


class LiteHRNet(nn.Module):
    """Stages of two, three and four sizes; the sizes are joined from the smallest on, then heat maps."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Stem()
        self.wider = nn.ModuleList()
        self.stages = nn.ModuleList()
        widths = [32]
        for count, modules in enumerate(MODULES, 2):
            before, widths = widths, list(WIDTHS[:count])
            ways: list[nn.Module] = [
                nn.Sequential(*separable(a, b), nn.ReLU()) if a != b else nn.Identity()
                for a, b in zip(before, widths, strict=False)
            ]
            self.wider.append(nn.ModuleList([*ways, nn.Sequential(*separable(before[-1], widths[-1], 2), nn.ReLU())]))
            self.stages.append(nn.ModuleList(Module(widths) for _ in range(modules)))
        steps = [*reversed(WIDTHS), WIDTHS[0]]
        self.joins = nn.ModuleList(nn.Sequential(*separable(a, b), nn.ReLU()) for a, b in pairwise(steps))
        self.head = nn.Conv2d(WIDTHS[0], POINTS, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        maps = [self.stem(image)]
        for ways, stage in zip(self.wider, self.stages, strict=True):
            assert isinstance(ways, nn.ModuleList)
            assert isinstance(stage, nn.ModuleList)
            maps = [way(x) for way, x in zip(ways, [*maps, maps[-1]], strict=True)]
            for module in stage:
                maps = module(maps)
        x = self.joins[0](maps[-1])
        for join, finer in zip(list(self.joins)[1:], reversed(maps[:-1]), strict=True):
            x = join(finer + functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=True))
        heat: torch.Tensor = self.head(x)
        return heat


def _between(widths: list[int], source: int, target: int) -> nn.Module:
    """From one size to another."""
    if source == target:
        return nn.Identity()
    if source > target:
        up = nn.Upsample(scale_factor=2.0 ** (source - target), mode="nearest")
        return nn.Sequential(*conv(widths[source], widths[target]), up)
    layers: list[nn.Module] = []
    for _ in range(target - source - 1):
        layers += [*separable(widths[source], widths[source], 2), nn.ReLU()]
    return nn.Sequential(*layers, *separable(widths[source], widths[target], 2))


def network() -> nn.Module:
    """Untrained."""
    return LiteHRNet()
