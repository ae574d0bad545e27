# /// deploykit
# [model]
# name = "compactflownet"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.first]
# type = "image"
# size = [256, 320]
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [input.second]
# type = "image"
# size = [256, 320]
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.flow]
# type = "tensor"
#
# [paper]
# title = "CompactFlowNet: Efficient Real-time Optical Flow Estimation on Mobile Devices"
# year = 2024
#
# [zoo]
# notes = [
#   "flow is in pixels of the input, right and down, on a grid of a quarter of its size",
#   "as the paper: PWC-Net's pyramid, on MobileNetV3, with separable convolutions in sequence in place of dense ones",
#   "widths of the estimators are this entry's choice, as the paper's could not be looked up; so no number is stated",
#   "warping is grid_sample, the cost volume is 49 shifted products a level (three places each way)",
# ]
# ///
"""CompactFlowNet: motion between two frames, from coarse to fine, by warped features and their correlations."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional
from torchvision.models import mobilenet_v3_large

REACH = 3
LEVELS = ((24, 2, 4), (40, 4, 7), (112, 7, 13), (160, 13, 16))
"""Of the pyramid, from fine to coarse: channels, and which of MobileNetV3's layers make them."""


def separable(inputs: int, outputs: int) -> nn.Sequential:
    """A depthwise and a pointwise convolution."""
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False),
        nn.BatchNorm2d(inputs),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


class Warp(nn.Module):
    """Features of the second frame, fetched from where the flow points to."""

    grid: torch.Tensor
    scale: torch.Tensor

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        half = torch.tensor([(width - 1) / 2, (height - 1) / 2])
        self.register_buffer("grid", torch.stack([columns, rows], dim=2).unsqueeze(0) / half - 1)
        self.register_buffer("scale", 1 / half)

    def forward(self, features: torch.Tensor, flow: torch.Tensor) -> torch.Tensor:
        grid = self.grid + flow.permute(0, 2, 3, 1) * self.scale
        return functional.grid_sample(features, grid, mode="bilinear", padding_mode="zeros", align_corners=True)


def cost_volume(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """How alike each place of the first frame is to its neighbours in the second: a map for each shift."""
    height, width = first.shape[2:]
    padded = functional.pad(second, (REACH,) * 4)
    shifts = [(row, column) for row in range(2 * REACH + 1) for column in range(2 * REACH + 1)]
    costs = [
        (first * padded[:, :, row : row + height, column : column + width]).mean(dim=1, keepdim=True)
        for row, column in shifts
    ]
    return functional.leaky_relu(torch.cat(costs, dim=1), 0.1)


class Estimator(nn.Module):
    """Flow of a level, as a change of what the coarser level said."""

    def __init__(self, channels: int, height: int, width: int, coarsest: bool) -> None:
        super().__init__()
        self.warp = None if coarsest else Warp(height, width)
        widths = [(2 * REACH + 1) ** 2 + channels + (0 if coarsest else 2), 128, 96, 64, 32]
        layers = [separable(inputs, outputs) for inputs, outputs in pairwise(widths)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(widths[-1], 2, 3, padding=1))

    def forward(self, first: torch.Tensor, second: torch.Tensor, flow: torch.Tensor | None) -> torch.Tensor:
        if self.warp is None or flow is None:
            coarse: torch.Tensor = self.layers(torch.cat([cost_volume(first, second), first], dim=1))
            return coarse
        flow = functional.interpolate(flow * 2, size=first.shape[2:], mode="bilinear", align_corners=False)
        seen = cost_volume(first, self.warp(second, flow))
        return flow + self.layers(torch.cat([seen, first, flow], dim=1))


class CompactFlowNet(nn.Module):
    """Pyramids of both frames, and an estimator for each of four levels."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        trunk = mobilenet_v3_large(weights=None).features
        self.stem = trunk[:2]
        self.pyramid = nn.ModuleList(trunk[start:end] for _, start, end in LEVELS)
        self.estimators = nn.ModuleList(
            Estimator(channels, height >> level, width >> level, level == len(LEVELS) + 1)
            for level, (channels, _, _) in enumerate(LEVELS, start=2)
        )

    def features(self, image: torch.Tensor) -> list[torch.Tensor]:
        """From fine to coarse."""
        x, levels = self.stem(image), []
        for level in self.pyramid:
            x = level(x)
            levels.append(x)
        return levels

    def forward(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        levels = zip(self.estimators, self.features(first), self.features(second), strict=True)
        flow: torch.Tensor | None = None
        for estimate, a, b in reversed(list(levels)):
            flow = estimate(a, b, flow)
        assert flow is not None
        return flow * 4


def network() -> nn.Module:
    """Untrained."""
    return CompactFlowNet(256, 320)
