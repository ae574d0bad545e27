# /// deploykit
# [model]
# name = "emov2"
# license = "Apache-2.0"
#
# [task]
# type = "image-classification"
#
# [input.image]
# type = "image"
# size = [224, 224]
# resize = "bicubic"
# crop = "center"
# crop_fraction = 0.875
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.scores]
# type = "scores"
#
# [paper]
# title = "EMOv2: Pushing 5M Vision Model Frontier"
# year = 2024
# parameters = 1_400_000
# multiply_adds = 285e6
# table = "Table of ImageNet-1K classification, EMOv2-1M"
#
# [zoo]
# classes = 1000
# difference = "The authors' program has exactly as many as this one, which the paper's table cuts to one digit."
# notes = [
#     "Windows are cut by reshapes of at most four dimensions; Core ML and LiteRT stop at five and six.",
# ]
# ///
"""EMOv2-1M: EMO's block with attention to pixels near and far at once, on one expansion that both share."""

from __future__ import annotations

import torch
from torch import nn

from deploykit.zoo.blocks import Activation, LayerNorm2d, LayerScale2d, attention, unwindowed, windows

STAGES = ((32, 2, 2.0, None), (48, 2, 2.5, None), (80, 8, 3.0, 20), (180, 3, 3.5, 20))
"""Channels, blocks, expansion, channels of a head; None has no attention."""
STEM = 16
WINDOW = 7
SIZE = 5
"""Of depthwise kernels."""
EPSILON = 1e-6


class InvertedResidual(nn.Module):
    """The paper's i²RMB: expansion, attention within close and remote windows, depthwise convolution, shrinking."""

    def __init__(
        self, inputs: int, outputs: int, inner: int, head: int | None, activation: Activation, stride: int = 1
    ) -> None:
        super().__init__()
        early = activation is nn.SiLU
        self.norm = nn.BatchNorm2d(inputs, eps=EPSILON) if early else LayerNorm2d(inputs, eps=EPSILON)
        self.heads = inputs // head if head else 0
        if head:
            self.queries_keys = nn.Conv2d(inputs, 2 * inputs, 1)
        self.expand = nn.Sequential(nn.Conv2d(inputs, inner, 1), activation())
        self.local = nn.Sequential(
            nn.Conv2d(inner, inner, SIZE, stride, SIZE // 2, groups=inner, bias=False),
            nn.BatchNorm2d(inner, eps=EPSILON),
            nn.SiLU(),
        )
        self.shrink = nn.Sequential(nn.Conv2d(inner, outputs, 1, bias=False), LayerScale2d(outputs, 1e-6))
        self.skip = stride == 1 and inputs == outputs

    def attend(self, x: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        """What the places of remote and of close windows say to each other."""
        height, width = x.shape[2:]
        queries_keys = self.queries_keys(x)
        seen = []
        for remote in (True, False):
            queries, keys = windows(queries_keys, WINDOW, remote=remote).chunk(2, 1)
            said = attention(queries, keys, windows(values, WINDOW, remote=remote), self.heads)
            seen.append(unwindowed(said, WINDOW, height, width, remote=remote))
        return seen[0] + seen[1]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        normed = self.norm(x)
        inner = self.expand(normed)
        if self.heads:
            inner = self.attend(normed, inner)
        if not self.skip:
            return self.shrink(self.local(inner))
        return x + self.shrink(inner + self.local(inner))


def network() -> nn.Module:
    """Untrained."""
    layers: list[nn.Module] = [
        nn.Conv2d(3, STEM, 3, 2, 1),
        nn.BatchNorm2d(STEM, eps=EPSILON),
        nn.SiLU(),
        nn.Conv2d(STEM, STEM, 3, padding=1, groups=STEM, bias=False),
        nn.BatchNorm2d(STEM, eps=EPSILON),
        nn.SiLU(),
        nn.Conv2d(STEM, STEM, 1, bias=False),
    ]
    before = STEM
    for width, blocks, expansion, head in STAGES:
        activation = nn.GELU if head else nn.SiLU
        layers.append(InvertedResidual(before, width, int(before * expansion * 2), None, activation, 2))
        inner = int(width * expansion)
        layers += [InvertedResidual(width, width, inner, head, activation) for _ in range(blocks - 1)]
        before = width
    end = [LayerNorm2d(before, eps=EPSILON), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 1000)]
    return nn.Sequential(*layers, *end)
