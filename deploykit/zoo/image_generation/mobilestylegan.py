# /// deploykit
# [model]
# name = "mobilestylegan"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.latent]
# type = "tensor"
# shape = [1, 512]
#
# [input.noise]
# type = "tensor"
# shape = [1, 2, 512, 512]
#
# [output.picture]
# type = "picture"
# range = [-1.0, 1.0]
#
# [paper]
# title = "MobileStyleGAN: A Lightweight Convolutional Neural Network for High-Fidelity Image Synthesis"
# year = 2021
# parameters = 8010000
# table = "Comparison to StyleGAN2, the synthesis network"
#
# [zoo]
# difference = "the mapping network is in this graph as well; the heads of coarser pictures are left out"
# notes = [
#   "mapping and synthesis are one graph; a face of 1024 x 1024 pixels",
#   "demodulation is a constant for each channel, as the paper has it, so it comes of weights alone and folds",
#   "noise is an input: two maps, for the two layers of the finest size; coarser layers take their top left corners",
#   "the wavelets' inverse is a transposed convolution with a fixed kernel",
# ]
# ///
"""MobileStyleGAN: faces from a latent vector, predicted as wavelets by depthwise convolutions with modulated inputs."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

STYLE = 512


class Mapping(nn.Module):
    """A normalised latent vector through eight layers: the style."""

    def __init__(self, depth: int = 8) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(depth):
            linear = nn.Linear(STYLE, STYLE)
            nn.init.normal_(linear.weight, std=math.sqrt(2 / STYLE))
            layers += [linear, nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers)

    def forward(self, latent: torch.Tensor) -> torch.Tensor:
        style: torch.Tensor = self.layers(latent * torch.rsqrt(latent.square().mean(dim=1, keepdim=True) + 1e-8))
        return style


class Unwavelet(nn.Module):
    """Haar wavelets' inverse: a low part and three high ones of each map become the map at twice the size.

    The low parts of all maps stand first, then each map's high ones: between rows, between columns, across.
    """

    kernel: torch.Tensor

    def __init__(self, maps: int) -> None:
        super().__init__()
        parts = torch.tensor([[[1, 1], [1, 1]], [[1, 1], [-1, -1]], [[1, -1], [1, -1]], [[1, -1], [-1, 1]]]) * 0.5
        kernel = torch.zeros(4 * maps, maps, 2, 2)
        for index in range(maps):
            kernel[[index, *range(maps + 3 * index, maps + 3 * index + 3)], index] = parts
        self.register_buffer("kernel", kernel)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.conv_transpose2d(x, self.kernel, stride=2)


class Modulation(nn.Linear):
    """A factor for each channel, from the style."""

    def __init__(self, channels: int) -> None:
        super().__init__(STYLE, channels)
        nn.init.ones_(self.bias)

    def forward(self, style: torch.Tensor) -> torch.Tensor:
        return super().forward(style)[:, :, None, None]


class Styled(nn.Module):
    """A convolution of modulated maps, demodulated by a constant, with noise.

    Args:
        inputs: channels.
        outputs: channels.
        depthwise: whether a depthwise and a pointwise convolution take a full one's place.
    """

    def __init__(self, inputs: int, outputs: int, depthwise: bool) -> None:
        super().__init__()
        self.modulation = Modulation(inputs)
        self.spread = nn.Parameter(torch.randn(inputs, 1, 3, 3)) if depthwise else None
        self.weight = nn.Parameter(torch.randn(outputs, inputs, *((1, 1) if depthwise else (3, 3))))
        self.register_buffer("mean_style", torch.ones(1, inputs, 1, 1))
        self.noise = nn.Parameter(torch.full((1,), 0.1))
        self.bias = nn.Parameter(torch.zeros(1, outputs, 1, 1))
        self.scale = 1 / math.sqrt(9 * inputs)

    def forward(self, x: torch.Tensor, style: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        x = x * (self.modulation(style) * self.scale)
        whole = self.weight
        if self.spread is None:
            x = functional.conv2d(x, self.weight, padding=1)
        else:
            x = functional.conv2d(functional.conv2d(x, self.spread, padding=1, groups=x.shape[1]), self.weight)
            whole = self.weight * self.spread.transpose(0, 1)
        power = (whole * self.mean_style * self.scale).square().sum(dim=(1, 2, 3))
        x = x * torch.rsqrt(power + 1e-8).view(1, -1, 1, 1)
        return functional.leaky_relu(x + self.noise * noise[:, :, : x.shape[2], : x.shape[3]] + self.bias, 0.2)


class ToWavelets(nn.Module):
    """Four wavelet parts of three colours, by a modulated 1 x 1 convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.modulation = Modulation(channels)
        self.convolution = nn.Conv2d(channels, 12, 1)
        nn.init.normal_(self.convolution.weight, std=1 / math.sqrt(channels))

    def forward(self, x: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
        wavelets: torch.Tensor = self.convolution(x * self.modulation(style))
        return wavelets


class Block(nn.Module):
    """Maps taken as wavelets, so that they double in size, then two styled convolutions."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.modulation = Modulation(inputs)
        self.up = Unwavelet(inputs // 4)
        self.first = Styled(inputs // 4, outputs, depthwise=True)
        self.second = Styled(outputs, outputs, depthwise=True)

    def forward(self, x: torch.Tensor, style: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        x = self.up(x * self.modulation(style))
        out: torch.Tensor = self.second(self.first(x, style, noise[:, :1]), style, noise[:, 1:])
        return out


class MobileStyleGAN(nn.Module):
    """Mapping and synthesis; pictures of coarser sizes are training's, and left out with their heads."""

    def __init__(self, widths: tuple[int, ...] = (512, 512, 512, 512, 512, 256, 128, 64)) -> None:
        super().__init__()
        self.mapping = Mapping()
        self.constant = nn.Parameter(torch.randn(1, widths[0], 4, 4))
        self.first = Styled(widths[0], widths[0], depthwise=False)
        self.blocks = nn.ModuleList(Block(inputs, outputs) for inputs, outputs in pairwise(widths))
        self.wavelets = ToWavelets(widths[-1])
        self.picture = Unwavelet(3)

    def forward(self, latent: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        style = self.mapping(latent)
        x = self.first(self.constant, style, noise[:, :1])
        for block in self.blocks:
            x = block(x, style, noise)
        picture: torch.Tensor = self.picture(self.wavelets(x, style))
        return picture


def network() -> nn.Module:
    """Untrained."""
    return MobileStyleGAN()
