"""A MobileNet-style network for 28 × 28 gray digits: a stem, depthwise-separable residual blocks, a linear head."""

from __future__ import annotations

import torch
from torch import nn


def conv_bn(inputs: int, outputs: int, size: int, *, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution without bias, batch norm, hard-swish (MobileNetV3's activation)."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.Hardswish(),
    )


class InvertedResidual(nn.Module):
    """MobileNetV2's block: widen 1×1, filter 3×3 depthwise, narrow 1×1 without activation."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        wide = inputs * 3
        self.body = nn.Sequential(
            conv_bn(inputs, wide, 1),
            conv_bn(wide, wide, 3, stride=stride, groups=wide),
            nn.Conv2d(wide, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.body(x) if self.residual else self.body(x)


class DigitNet(nn.Module):
    """1 × 28 × 28 → 10 logits."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            conv_bn(1, 16, 3, stride=2),
            InvertedResidual(16, 16, 1),
            InvertedResidual(16, 32, 2),
            InvertedResidual(32, 32, 1),
            InvertedResidual(32, 48, 2),
            conv_bn(48, 96, 1),
        )
        self.head = nn.Linear(96, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(x).mean((2, 3)))


def digits() -> nn.Module:
    """The entry that deploykit.toml names."""
    return DigitNet()
