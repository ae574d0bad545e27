# /// deploykit
# [model]
# name = "pepsi"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.image]
# type = "image"
# size = [256, 256]
# mean = [0.5, 0.5, 0.5]
# std = [0.5, 0.5, 0.5]
#
# [input.hole]
# type = "tensor"
# shape = [1, 1, 256, 256]
# range = [0.0, 1.0]
#
# [output.filled]
# type = "picture"
# range = [-1.0, 1.0]
#
# [paper]
# title = "PEPSI++: Fast and Lightweight Network for Image Inpainting"
# year = 2020
# parameters = 3500000
# table = "Comparison of numbers of parameters, PEPSI (3.5 M)"
#
# [zoo]
# notes = [
#   "hole is above 0.5 where the picture is to be made up; outside of it the picture stays as it is",
#   "PEPSI with its four dilated layers; Diet-PEPSI, which shares their weights, is not in here",
#   "the coarse path and the discriminator are training's and left out, so one encoder and decoder remain",
#   "patches are shifted copies of the features and their comparison is one product of matrices: no unfold, no loops",
# ]
# ///
"""PEPSI: a hole in a picture filled by one encoder and decoder, with features that look like what is around it."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

SHIFTS = tuple((row, column) for row in range(3) for column in range(3))


def convolution(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """A convolution and ELU."""
    padding = dilation * (kernel // 2)
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation), nn.ELU())


class ContextualAttention(nn.Module):
    """Modified contextual attention: each 3 x 3 patch made of those outside of the hole that are near to it.

    Nearness is the truncated distance similarity: the hyperbolic tangent of a distance in standard deviations.
    """

    sharpness = 50.0

    def forward(self, x: torch.Tensor, hole: torch.Tensor) -> torch.Tensor:
        height, width = x.shape[2:]
        padded = functional.pad(x, (1, 1, 1, 1))
        parts = [padded[:, :, row : row + height, column : column + width].flatten(2) for row, column in SHIFTS]
        patches = torch.cat(parts, dim=1)
        lengths = patches.square().sum(dim=1)
        products = torch.matmul(patches.transpose(1, 2), patches)
        distance = (lengths.unsqueeze(2) + lengths.unsqueeze(1) - 2 * products).clamp_min(0.0)
        centred = distance - distance.mean(dim=2, keepdim=True)
        spread = centred.square().mean(dim=2, keepdim=True)
        nearness = torch.tanh(-centred * torch.rsqrt(spread + 1e-6))
        weights = (self.sharpness * nearness - 1e3 * hole.flatten(2)).softmax(dim=2).transpose(1, 2)
        out = torch.zeros_like(padded)
        for part, (row, column) in zip(parts, SHIFTS, strict=True):
            made = torch.matmul(part, weights).view(x.shape)
            out = out + functional.pad(made, (column, 2 - column, row, 2 - row))
        return out[:, :, 1:-1, 1:-1] / len(SHIFTS)


class PEPSI(nn.Module):
    """The inference path: shared encoder, attention, shared decoder."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            convolution(4, 32, 5),
            convolution(32, 64, stride=2),
            convolution(64, 64),
            convolution(64, 128, stride=2),
            convolution(128, 128),
            convolution(128, 256, stride=2),
            *(convolution(256, 256, dilation=rate) for rate in (2, 4, 8, 16)),
        )
        self.attention = ContextualAttention()
        layers: list[nn.Module] = []
        for inputs, outputs in ((256, 128), (128, 64), (64, 32)):
            layers += [convolution(inputs, outputs), convolution(outputs, outputs), nn.Upsample(scale_factor=2.0)]
        self.decoder = nn.Sequential(*layers, convolution(32, 16), nn.Conv2d(16, 3, 3, padding=1))

    def forward(self, image: torch.Tensor, hole: torch.Tensor) -> torch.Tensor:
        missing = (hole > 0.5).to(image.dtype)
        features = self.encoder(torch.cat([image * (1 - missing), missing], dim=1))
        filled = self.decoder(self.attention(features, functional.max_pool2d(missing, 8)))
        return image * (1 - missing) + filled.clamp(-1, 1) * missing


def network() -> nn.Module:
    """Untrained."""
    return PEPSI()
