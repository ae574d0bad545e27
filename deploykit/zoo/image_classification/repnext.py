# /// deploykit
# [model]
# name = "repnext"
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
# title = "RepNeXt: A Fast Multi-Scale CNN using Structural Reparameterization"
# year = 2024
# parameters = 4_800_000
# multiply_adds = 0.8e9
# table = "Table of ImageNet-1K classification, RepNeXt-M1"
#
# [zoo]
# classes = 1000
# notes = [
#     "Built as it is trained, then folded: side by side and one behind the other, depthwise kernels become one each.",
#     "The classifier and the one for distillation become one, their mean.",
# ]
# ///
"""RepNeXt-M1: depthwise kernels of many shapes for training, of which a phone has two left."""

from __future__ import annotations

import torch
from torch import nn

from deploykit.zoo.blocks import ConvNorm, DepthwiseBranches, Residual, mean_of

STAGES = ((48, 3), (96, 3), (192, 15), (384, 2))
"""Channels, and blocks behind the one that halves the size."""
MLP = 2

Size = tuple[int, int]


def depthwise(channels: int, size: Size, stride: Size = (1, 1), *, bias: bool = True) -> nn.Conv2d:
    """A depthwise convolution that keeps the size."""
    padding = (size[0] // 2, size[1] // 2)
    return nn.Conv2d(channels, channels, size, stride, padding, groups=channels, bias=bias)


def strips(channels: int, length: int, stride: int) -> nn.Sequential:
    """1 × length, then length × 1."""
    return nn.Sequential(
        depthwise(channels, (1, length), (1, stride), bias=False),
        depthwise(channels, (length, 1), (stride, 1), bias=False),
    )


def small(channels: int, stride: int) -> nn.Conv2d:
    """The branches of the 3×3 kernel, folded: the kernel, its strips, and its corners, which are a dilated 2×2."""
    both = (stride, stride)
    corners = nn.Conv2d(channels, channels, 2, stride, 1, dilation=2, groups=channels)
    if stride == 1:
        crossed: list[nn.Module] = [depthwise(channels, (1, 3)), depthwise(channels, (3, 1))]
    else:
        crossed = [strips(channels, 3, stride)]
    return DepthwiseBranches(depthwise(channels, (3, 3), both), *crossed, corners).folded(channels, 3, stride)


def medium(channels: int, stride: int) -> nn.Conv2d:
    """The branches of the 7×7 kernel, folded."""
    both = (stride, stride)
    sizes = ((7, 7), (5, 3), (3, 5))
    branches = [*(depthwise(channels, size, both) for size in sizes), *(strips(channels, n, stride) for n in (7, 5))]
    return DepthwiseBranches(*branches).folded(channels, 7, stride)


class ChunkConv(nn.Module):
    """A quarter of the channels as it is, a quarter each through a small, a medium and a large kernel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        quarter = channels // 4
        self.small, self.medium = small(quarter, 1), medium(quarter, 1)
        self.large = nn.Sequential(depthwise(quarter, (1, 11)), depthwise(quarter, (11, 1)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kept, first, second, third = x.chunk(4, 1)
        return torch.cat([kept, self.small(first), self.medium(second), self.large(third)], 1)


class CopyConv(nn.Module):
    """Halves the size and doubles the channels: all of them through a small and through a medium kernel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.small, self.medium = small(channels, 2), medium(channels, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([self.small(x), self.medium(x)], 1)


def mixer(channels: int) -> list[nn.Module]:
    """The channels among themselves."""
    return [ConvNorm(channels, channels * MLP, activation=nn.GELU), ConvNorm(channels * MLP, channels, activation=None)]


def block(channels: int) -> nn.Module:
    """The paper's MetaNeXt block."""
    return Residual(ChunkConv(channels), nn.BatchNorm2d(channels), *mixer(channels))


def downsampling(channels: int) -> nn.Module:
    """To twice the channels at half the size."""
    return nn.Sequential(CopyConv(channels), nn.BatchNorm2d(2 * channels), Residual(*mixer(2 * channels)))


@torch.no_grad()
def classifier(channels: int) -> nn.Linear:
    """A batch norm and a linear layer behind it, folded."""
    norm, linear = nn.BatchNorm1d(channels).eval(), nn.Linear(channels, 1000)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    linear.bias.add_(linear.weight @ (norm.bias - scale * norm.running_mean))
    linear.weight.mul_(scale)
    return linear


def network() -> nn.Module:
    """Untrained."""
    width = STAGES[0][0]
    layers: list[nn.Module] = [
        ConvNorm(3, width // 2, 3, 2, activation=nn.GELU),
        ConvNorm(width // 2, width, 3, 2, activation=None),
    ]
    for index, (channels, blocks) in enumerate(STAGES):
        if index:
            layers.append(downsampling(channels // 2))
        layers += [block(channels) for _ in range(blocks)]
    head = mean_of(classifier(channels), classifier(channels))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)
