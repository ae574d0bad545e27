# /// deploykit
# [model]
# name = "pan"
# license = "Apache-2.0"
#
# [task]
# type = "image-to-image"
# verb = "upscale"
#
# [input.image]
# type = "image"
# size = [128, 128]
# resize = "bicubic"
#
# [output.picture]
# type = "picture"
#
# [paper]
# title = "Efficient Image Super-Resolution Using Pixel Attention"
# year = 2020
# parameters = 272_000
# table = "comparison on benchmarks, PAN ×4"
#
# [zoo]
# notes = ["The paper counts 28.2 G multiply-adds for a picture of 320 × 180."]
# ///
"""PAN ×4: each pixel of each channel has an attention of its own, from one 1×1 convolution."""

from __future__ import annotations

import torch
from torch import nn

SLOPE = 0.2


def conv(inputs: int, outputs: int, kernel: int = 3, bias: bool = True) -> nn.Conv2d:
    """A convolution that keeps the size."""
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=bias)


def leaky(x: torch.Tensor) -> torch.Tensor:
    """The activation of all layers."""
    return nn.functional.leaky_relu(x, SLOPE)


class PixelAttention(nn.Module):
    """PA: weights between 0 and 1 for all numbers of a map, in place of one for each channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weigh = conv(channels, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weighed: torch.Tensor = x * self.weigh(x).sigmoid()
        return weighed


class SelfCalibrated(nn.Module):
    """SC-PA: half of the channels plain, half with pixel attention."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.split_plain = conv(channels, half, 1, bias=False)
        self.split_weighed = conv(channels, half, 1, bias=False)
        self.plain = conv(half, half, bias=False)
        self.weigh = conv(half, half, 1)
        self.weighed = conv(half, half, bias=False)
        self.after = conv(half, half, bias=False)
        self.join = conv(channels, channels, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        plain = leaky(self.plain(leaky(self.split_plain(x))))
        other = leaky(self.split_weighed(x))
        other = leaky(self.after(self.weighed(other) * self.weigh(other).sigmoid()))
        joined: torch.Tensor = x + self.join(torch.cat([plain, other], 1))
        return joined


class Double(nn.Module):
    """U-PA: a picture of twice the size, with pixel attention."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = conv(inputs, outputs)
        self.attention = PixelAttention(outputs)
        self.after = conv(outputs, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(nn.functional.interpolate(x, scale_factor=2.0, mode="nearest"))
        return leaky(self.after(leaky(self.attention(x))))


class PAN(nn.Module):
    """16 SC-PA blocks, two steps of twice the size, and the picture made larger by itself."""

    def __init__(self, channels: int = 40, upscaled: int = 24) -> None:
        super().__init__()
        self.first = conv(3, channels)
        self.trunk = nn.Sequential(*(SelfCalibrated(channels) for _ in range(16)), conv(channels, channels))
        self.upscale = nn.Sequential(Double(channels, upscaled), Double(upscaled, upscaled), conv(upscaled, 3))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        first = self.first(image)
        larger = nn.functional.interpolate(image, scale_factor=4.0, mode="bilinear", align_corners=False)
        picture: torch.Tensor = larger + self.upscale(first + self.trunk(first))
        return picture


def network() -> nn.Module:
    """Untrained."""
    return PAN()
