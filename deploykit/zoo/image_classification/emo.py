# /// deploykit
# [model]
# name = "emo"
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
# title = "Rethinking Mobile Block for Efficient Attention-based Models"
# year = 2023
# parameters = 1_300_000
# multiply_adds = 261e6
# table = "Table of ImageNet-1K classification, EMO-1M"
#
# [zoo]
# classes = 1000
# difference = "The authors' program has exactly as many as this one, which the paper's table cuts to one digit."
# notes = [
#     "Windows are cut by reshapes of at most four dimensions; Core ML and LiteRT stop at five and six.",
#     "A window holds pixels that lie as far apart as they can, as in the authors' program.",
# ]
# ///
"""EMO-1M: an inverted residual block whose expansion is window attention, alone in four stages."""

from __future__ import annotations

import torch
from torch import nn

from deploykit.zoo.blocks import Activation, LayerNorm2d, SqueezeExcite, attention, unwindowed, windows

STAGES = (
    (32, 2, 2.0, 3, None),
    (48, 2, 2.5, 3, None),
    (80, 8, 3.0, 5, 20),
    (168, 3, 3.5, 5, 21),
)
"""Channels, blocks, expansion, size of the depthwise kernel, channels of a head; None has no attention."""
STEM = 24
WINDOW = 7
EPSILON = 1e-6


class InvertedResidual(nn.Module):
    """The paper's iRMB: attention or nothing, a 1×1 that expands, a depthwise convolution, a 1×1 that shrinks."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        inner: int,
        size: int,
        head: int | None,
        activation: Activation,
        stride: int = 1,
    ) -> None:
        super().__init__()
        early = activation is nn.SiLU
        self.norm = nn.BatchNorm2d(inputs, eps=EPSILON) if early else LayerNorm2d(inputs, eps=EPSILON)
        self.heads = inputs // head if head else 0
        if head:
            self.queries_keys = nn.Conv2d(inputs, 2 * inputs, 1)
        self.expand = nn.Sequential(nn.Conv2d(inputs, inner, 1), activation())
        self.local = nn.Sequential(
            nn.Conv2d(inner, inner, size, stride, size // 2, groups=inner, bias=False),
            nn.BatchNorm2d(inner, eps=EPSILON),
            nn.SiLU(),
        )
        self.shrink = nn.Conv2d(inner, outputs, 1, bias=False)
        self.skip = stride == 1 and inputs == outputs

    def attend(self, x: torch.Tensor) -> torch.Tensor:
        """What the places of a window say to each other, before the expansion, which so is cheaper."""
        height, width = x.shape[2:]
        queries, keys = windows(self.queries_keys(x), WINDOW, remote=True).chunk(2, 1)
        seen = attention(queries, keys, windows(x, WINDOW, remote=True), self.heads)
        return unwindowed(seen, WINDOW, height, width, remote=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inner = self.norm(x)
        inner = self.expand(self.attend(inner) if self.heads else inner)
        if not self.skip:
            return self.shrink(self.local(inner))
        return x + self.shrink(inner + self.local(inner))


def network() -> nn.Module:
    """Untrained."""
    layers: list[nn.Module] = [
        nn.Conv2d(3, STEM, 3, 2, 1),
        nn.BatchNorm2d(STEM, eps=EPSILON),
        nn.Conv2d(STEM, STEM, 3, padding=1, groups=STEM, bias=False),
        nn.BatchNorm2d(STEM, eps=EPSILON),
        nn.SiLU(),
        SqueezeExcite(STEM, STEM, nn.SiLU),
        nn.Conv2d(STEM, STEM, 1, bias=False),
    ]
    before = STEM
    for width, blocks, expansion, size, head in STAGES:
        activation = nn.GELU if head else nn.SiLU
        layers.append(InvertedResidual(before, width, int(before * expansion * 2), size, None, activation, 2))
        inner = int(width * expansion)
        layers += [InvertedResidual(width, width, inner, size, head, activation) for _ in range(blocks - 1)]
        before = width
    end = [LayerNorm2d(before, eps=EPSILON), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 1000)]
    return nn.Sequential(*layers, *end)
