# /// deploykit
# [model]
# name = "cfsr"
# license = "Apache-2.0"
#
# [task]
# type = "image-to-image"
# verb = "upscale"
# overlap = 16
#
# [input.image]
# type = "image"
# size = [96, 96]
#
# [output.picture]
# type = "picture"
#
# [paper]
# title = "Transforming Image Super-Resolution: A ConvFormer-based Efficient Approach"
# year = 2024
# parameters = 307_000
# table = "Table of x4 super-resolution, CFSR"
#
# [zoo]
# notes = [
#     "Four times larger. The paper's 17.5 G multiply-adds are for 180 x 320 pixels.",
#     "Built as it is trained, then folded: edge filters (Sobel, Laplacian) become part of the 3x3 kernel beside them.",
#     "It sees sixty pixels far and tiles overlap by less: what is alike in both is not exactly the same.",
# ]
# ///
"""CFSR: large depthwise kernels in the place of attention, and a mixer of channels that keeps edges."""

from __future__ import annotations

import torch
from torch import nn

from deploykit.zoo.blocks import DepthwiseBranches, LayerNorm2d, LayerScale2d, Residual

WIDTH = 48
LAYERS, BLOCKS = 2, 6
SIZE = 9
"""Of the large kernels."""
SCALE = 4
MEAN = (0.4488, 0.4371, 0.4040)
EDGES = (
    ((0, 1, -1), (2, 0, -2), (1, 0, -1)),
    ((1, 2, 1), (0, 0, 0), (-1, -2, -1)),
    ((1, 0, 0), (1, -4, 1), (0, 1, 0)),
)
"""Filters for edges left and right, above and below, and all around, as the authors' program has them."""
EPSILON = 1e-6


class Edge(nn.Module):
    """A fixed filter, with a factor and a bias for each channel."""

    kernel: torch.Tensor

    def __init__(self, channels: int, kernel: tuple[tuple[int, ...], ...]) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.randn(channels, 1, 1, 1) * 1e-3)
        self.bias = nn.Parameter(torch.randn(channels) * 1e-3)
        self.register_buffer("kernel", torch.tensor(kernel, dtype=torch.float32), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.conv2d(x, self.scale * self.kernel, self.bias, padding=1, groups=x.shape[1])


class LargeKernel(nn.Module):
    """The paper's mixer of places: what a large kernel sees weighs the values."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = nn.Sequential(
            nn.Conv2d(WIDTH, WIDTH, 1), nn.GELU(), nn.Conv2d(WIDTH, WIDTH, SIZE, padding=SIZE // 2, groups=WIDTH)
        )
        self.value, self.out = nn.Conv2d(WIDTH, WIDTH, 1), nn.Conv2d(WIDTH, WIDTH, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.seen(x) * self.value(x))


def edge_mixer() -> list[nn.Module]:
    """The edge-preserving feed-forward network, its branches folded."""
    inner = 2 * WIDTH
    branches = [nn.Conv2d(inner, inner, 3, padding=1, groups=inner), *(Edge(inner, kernel) for kernel in EDGES)]
    near = DepthwiseBranches(*branches).folded(inner, 3)
    return [nn.Conv2d(WIDTH, inner, 1), nn.GELU(), Residual(near, nn.GELU()), nn.Conv2d(inner, WIDTH, 1)]


def block() -> nn.Module:
    """A ConvFormer layer."""
    return nn.Sequential(
        Residual(LayerNorm2d(WIDTH, eps=EPSILON), LargeKernel(), LayerScale2d(WIDTH, 1e-6)),
        Residual(LayerNorm2d(WIDTH, eps=EPSILON), *edge_mixer(), LayerScale2d(WIDTH, 1e-6)),
    )


class CFSR(nn.Module):
    """1 × 3 × height × width → four times as high and wide."""

    mean: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        layers = [
            nn.Sequential(*(block() for _ in range(BLOCKS)), Residual(nn.Conv2d(WIDTH, WIDTH, 1)))
            for _ in range(LAYERS)
        ]
        self.first = nn.Conv2d(3, WIDTH, 3, padding=1)
        self.body = Residual(*layers, LayerNorm2d(WIDTH, eps=EPSILON), nn.Conv2d(WIDTH, WIDTH, 3, padding=1))
        self.up = nn.Sequential(nn.Conv2d(WIDTH, 3 * SCALE**2, 3, padding=1), nn.PixelShuffle(SCALE))
        self.register_buffer("mean", torch.tensor(MEAN).reshape(1, 3, 1, 1), persistent=False)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.up(self.body(self.first(image - self.mean))) + self.mean


def network() -> nn.Module:
    """Untrained."""
    return CFSR()
