# /// deploykit
# [model]
# name = "facenet"
# license = "Apache-2.0"
#
# [task]
# type = "embedding"
#
# [input.image]
# type = "image"
# size = [224, 224]
# resize = "bilinear"
# mean = [0.5]
# std = [0.5]
#
# [output.embedding]
# type = "embedding"
#
# [paper]
# title = "FaceNet: A Unified Embedding for Face Recognition and Clustering"
# year = 2015
# parameters = 7_500_000
# multiply_adds = 1.6e9
# table = "Table 2, NN2"
#
# [zoo]
# notes = [
#   "The picture is a face that another network found and cut out.",
#   "Norms are batch norms, which later trainings of the network have; the paper's time had none.",
#   "Faces are compared by the angle between embeddings.",
# ]
# ///
"""FaceNet's NN2: an Inception network that turns a face into a direction; the angle tells who is who."""

from __future__ import annotations

import torch
from torch import nn

Branches = tuple[int, tuple[int, int], tuple[int, int], int, int]
"""Channels: 1×1; 3×3 and its reduction; 5×5 and its reduction; after pooling; stride."""
MODULES: tuple[Branches, ...] = (
    (64, (96, 128), (16, 32), 32, 1),
    (64, (96, 128), (32, 64), 64, 1),
    (0, (128, 256), (32, 64), 0, 2),
    (256, (96, 192), (32, 64), 128, 1),
    (224, (112, 224), (32, 64), 128, 1),
    (192, (128, 256), (32, 64), 128, 1),
    (160, (144, 288), (32, 64), 128, 1),
    (0, (160, 256), (64, 128), 0, 2),
    (384, (192, 384), (48, 128), 128, 1),
    (384, (192, 384), (48, 128), 128, 1),
)
"""Table 2, from inception (3a) to (5b)."""
AVERAGED = (1, 3, 4, 5, 6, 8)
"""Modules that pool by the root of the mean of squares (L2) and not by the maximum."""


class Conv(nn.Sequential):
    """A convolution, a norm and ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1) -> None:
        conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        super().__init__(conv, nn.BatchNorm2d(outputs), nn.ReLU())


class SquarePool(nn.Module):
    """L2 pooling over 3×3 pixels."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (nn.functional.avg_pool2d(x.square(), 3, 1, 1) + 1e-6).sqrt()


class Inception(nn.Module):
    """Windows of several sizes side by side."""

    def __init__(self, inputs: int, branches: Branches, square: bool) -> None:
        super().__init__()
        one, three, five, pooled, stride = branches
        pool: nn.Module = SquarePool() if square else nn.MaxPool2d(3, stride, 1)
        self.branches = nn.ModuleList(
            [
                nn.Sequential(Conv(inputs, three[0]), Conv(*three, 3, stride)),
                nn.Sequential(Conv(inputs, five[0]), Conv(*five, 5, stride)),
                nn.Sequential(pool, Conv(inputs, pooled)) if pooled else pool,
            ]
        )
        if one:
            self.branches.append(Conv(inputs, one))
        self.channels = one + three[1] + five[1] + (pooled or inputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([branch(x) for branch in self.branches], 1)


class FaceNet(nn.Module):
    """NN2 of the paper."""

    def __init__(self) -> None:
        super().__init__()
        parts: list[nn.Module] = [
            Conv(3, 64, 7, 2),
            nn.MaxPool2d(3, 2, 1),
            nn.LocalResponseNorm(5),
            Conv(64, 64),
            Conv(64, 192, 3),
            nn.LocalResponseNorm(5),
            nn.MaxPool2d(3, 2, 1),
        ]
        channels = 192
        for index, branches in enumerate(MODULES):
            module = Inception(channels, branches, index in AVERAGED)
            channels = module.channels
            parts.append(module)
        self.features = nn.Sequential(*parts)
        self.embed = nn.Linear(channels, 128)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return nn.functional.normalize(self.embed(self.features(image).mean((2, 3))))


def network() -> nn.Module:
    """Untrained."""
    return FaceNet()
