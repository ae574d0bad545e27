# /// deploykit
# [model]
# name = "awsrn"
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
# mean = [0.4488, 0.4371, 0.4040]
# std = [1.0]
#
# [output.picture]
# type = "picture"
#
# [paper]
# title = "Lightweight Image Super-Resolution with Adaptive Weighted Learning Network"
# year = 2019
# parameters = 588_000
# table = "comparison on benchmarks, AWSRN-S ×4"
#
# [zoo]
# notes = [
#   "A trained network may lose the windows with small weights, as in the paper; here all four stay.",
# ]
# ///
"""AWSRN-S ×4: residuals and shortcuts have learned weights, and windows of four sizes make the picture together."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm
from torch.nn.utils.parametrize import is_parametrized, remove_parametrizations

MEAN = (0.4488, 0.4371, 0.4040)
"""Of DIV2K; the contract takes it off."""
FACTOR = 4


def conv(inputs: int, outputs: int, kernel: int = 3) -> nn.Module:
    """A convolution with weight norm, which is for training only."""
    return weight_norm(nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2))


class Weighted(nn.Module):
    """A part and its shortcut, each times a learned number: adaptive weighted residuals."""

    def __init__(self, part: nn.Module) -> None:
        super().__init__()
        self.part = part
        self.of_part = nn.Parameter(torch.ones(1))
        self.of_shortcut = nn.Parameter(torch.ones(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.of_part * self.part(x) + self.of_shortcut * x


class Fusion(nn.Module):
    """LFB: four residual units, whose outputs are joined."""

    def __init__(self, channels: int, wide: int) -> None:
        super().__init__()
        self.units = nn.ModuleList(
            Weighted(nn.Sequential(conv(channels, wide), nn.ReLU(), conv(wide, channels))) for _ in range(4)
        )
        self.join = conv(4 * channels, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found = []
        for unit in self.units:
            x = unit(x)
            found.append(x)
        joined: torch.Tensor = self.join(torch.cat(found, 1))
        return joined


class MultiScale(nn.Module):
    """AWMS: pictures from windows of 3, 5, 7 and 9 pixels, each times a learned number."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.windows = nn.ModuleList(conv(channels, 3 * FACTOR**2, kernel) for kernel in (3, 5, 7, 9))
        self.weights = nn.Parameter(torch.full((4,), 0.25))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pictures = [weight * window(x) for weight, window in zip(self.weights, self.windows, strict=True)]
        return nn.functional.pixel_shuffle(torch.stack(pictures).sum(0), FACTOR)


class AWSRN(nn.Module):
    """One fusion block, and a shortcut from the picture itself."""

    def __init__(self, channels: int = 32, wide: int = 128) -> None:
        super().__init__()
        self.head = conv(3, channels)
        self.body = Weighted(Fusion(channels, wide))
        self.tail = MultiScale(channels)
        self.skip = conv(3, 3 * FACTOR**2, 5)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        skip = nn.functional.pixel_shuffle(self.skip(image), FACTOR)
        return self.tail(self.body(self.head(image))) + skip + self.mean

    def fuse(self) -> None:
        """Makes plain convolutions of those with weight norm."""
        convolutions = [module for module in self.modules() if isinstance(module, nn.Conv2d)]
        with torch.enable_grad():  # without it, what is left is no parameter
            for module in convolutions:
                if is_parametrized(module):
                    remove_parametrizations(module, "weight")


def network() -> nn.Module:
    """Untrained, with weight norm: deploykit folds it by the network's own method."""
    return AWSRN()
