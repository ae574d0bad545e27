# /// deploykit
# [model]
# name = "litepose"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.image]
# type = "image"
# size = [448, 448]
# crop = "letterbox"
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.joints]
# type = "keypoints"
# form = "heatmaps"
#
# [output.coarse]
# type = "keypoints"
# form = "heatmaps"
#
# [output.tags]
# type = "tensor"
#
# [paper]
# title = "Lite Pose: Efficient Architecture Design for 2D Human Pose Estimation"
# year = 2022
#
# [zoo]
# notes = [
#     "Fourteen joints of several people at once: heat maps at half and at a quarter of the size, and tags.",
#     "Joints whose tags are alike belong to one person; finding them out is left to the app.",
#     "The paper's table has 5.0 G multiply-adds for it; the configuration that its authors published has 3.6 G.",
# ]
# ///
"""LitePose-S: one branch with 7x7 kernels, and transposed convolutions that fuse what came before, for many people."""

from __future__ import annotations

import torch
from torch import nn

from deploykit.zoo.blocks import ConvNorm, Residual

STEM = 16
STAGES = ((16, 6, 2), (32, 8, 2), (48, 10, 2), (120, 10, 1))
"""Channels, blocks, stride: as the authors' search found them."""
DECODER = (32, 24, 32)
JOINTS = 14


def bottleneck(inputs: int, outputs: int, stride: int) -> nn.Module:
    """MobileNetV2's block with a 7×7 kernel."""
    inner = 6 * inputs
    layers = [
        ConvNorm(inputs, inner, activation=nn.ReLU6),
        ConvNorm(inner, inner, 7, stride, groups=inner, activation=nn.ReLU6),
        ConvNorm(inner, outputs, activation=None),
    ]
    return Residual(*layers) if stride == 1 and inputs == outputs else nn.Sequential(*layers)


def stage(inputs: int, outputs: int, blocks: int, stride: int) -> nn.Sequential:
    """Of one size."""
    return nn.Sequential(
        bottleneck(inputs, outputs, stride), *(bottleneck(outputs, outputs, 1) for _ in range(blocks - 1))
    )


class FusionDeconv(nn.Module):
    """The paper's fusion deconv head: doubles the size of what was refined, and adds the same of an earlier layer."""

    def __init__(self, refined: int, raw: int, outputs: int) -> None:
        super().__init__()
        self.refined, self.raw = (nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False) for inputs in (refined, raw))
        self.end = nn.Sequential(nn.BatchNorm2d(outputs), nn.ReLU())

    def forward(self, refined: torch.Tensor, raw: torch.Tensor) -> torch.Tensor:
        return self.end(self.refined(refined) + self.raw(raw))


class Maps(nn.Module):
    """Heat maps of what was refined and of an earlier layer of the same size."""

    def __init__(self, refined: int, raw: int, outputs: int) -> None:
        super().__init__()
        self.refined, self.raw = (
            nn.Sequential(ConvNorm(inputs, inputs, 5, groups=inputs), nn.Conv2d(inputs, outputs, 1, bias=False))
            for inputs in (refined, raw)
        )

    def forward(self, refined: torch.Tensor, raw: torch.Tensor) -> torch.Tensor:
        return self.refined(refined) + self.raw(raw)


class LitePose(nn.Module):
    """1 × 3 × 448 × 448 → joints 1 × 14 × 224 × 224; of half the size: coarse joints, tags."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            ConvNorm(3, 32, 3, 2, activation=nn.ReLU6),
            ConvNorm(32, 32, 3, groups=32, activation=nn.ReLU6),
            ConvNorm(32, STEM, activation=None),
        )
        widths = [STEM, *(width for width, _, _ in STAGES)]
        self.stages = nn.ModuleList(stage(before, *each) for before, each in zip(widths, STAGES, strict=False))
        befores = (widths[-1], *DECODER)
        self.up = nn.ModuleList(FusionDeconv(befores[i], widths[-2 - i], DECODER[i]) for i in range(3))
        self.coarse = Maps(DECODER[1], widths[1], 2 * JOINTS)
        self.fine = Maps(DECODER[2], widths[0], JOINTS)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        x = self.stem(image)
        seen = [x, *(x := stage(x) for stage in self.stages)]
        x = self.up[1](self.up[0](x, seen[3]), seen[2])
        coarse = self.coarse(x, seen[1])
        fine = self.fine(self.up[2](x, seen[1]), seen[0])
        return fine, coarse[:, :JOINTS], coarse[:, JOINTS:]


def network() -> nn.Module:
    """Untrained."""
    return LitePose()
