# /// deploykit
# [model]
# name = "madnet"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.left]
# type = "image"
# size = [192, 384]
#
# [input.right]
# type = "image"
# size = [192, 384]
#
# [output.disparity]
# type = "picture"
# range = [0.0, 192.0]
#
# [paper]
# title = "Real-time self-adaptive deep stereo"
# year = 2019
#
# [zoo]
# notes = [
#     "Two rectified pictures give how many pixels further left a point stands in the right one.",
#     "Adapting to what it sees (MAD), which the title speaks of, is training on the device, and left out.",
#     "Resizing is by pixels' middles, which the authors' framework of 2019 did by their corners.",
# ]
# ///
"""MADNet: stereo from coarse to fine; the right picture's features are warped by what the scale before found."""

from __future__ import annotations

import torch
from torch import nn

PYRAMID = (16, 32, 64, 96, 128, 192)
"""Channels of the features at a half, a quarter… of the size."""
ESTIMATOR = (128, 128, 96, 64, 32, 1)
CONTEXT = ((128, 1), (128, 2), (128, 4), (96, 8), (64, 16), (32, 1), (1, 1))
"""Channels and dilation."""
REACH = 2
"""Pixels to each side over which the two are compared."""
UNIT = 20.0
"""Estimates are in so many pixels, to the left."""
SLOPE = 0.2


def chain(inputs: int, layers: list[tuple[int, int]]) -> nn.Sequential:
    """3×3 convolutions with a leaky ReLU between them."""
    steps: list[nn.Module] = []
    for outputs, dilation in layers:
        steps += [nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation), nn.LeakyReLU(SLOPE)]
        inputs = outputs
    return nn.Sequential(*steps[:-1])


def halving(inputs: int, outputs: int) -> nn.Sequential:
    """Two convolutions, the first with stride 2, padded on the right and below."""
    return nn.Sequential(
        nn.ZeroPad2d((0, 1, 0, 1)),
        nn.Conv2d(inputs, outputs, 3, 2),
        nn.LeakyReLU(SLOPE),
        nn.Conv2d(outputs, outputs, 3, padding=1),
        nn.LeakyReLU(SLOPE),
    )


def compared(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """How alike each pixel is to those of the right picture around it in its row."""
    width = left.shape[3]
    padded = nn.functional.pad(right, (REACH, REACH, 0, 0))
    return torch.cat([(left * padded[..., i : i + width]).mean(1, keepdim=True) for i in range(2 * REACH + 1)], 1)


def warped(x: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    """Each pixel from `shift` further right in its row; zero from outside."""
    batch, _, height, width = x.shape
    across = torch.arange(width, dtype=x.dtype).reshape(1, 1, width) + shift[:, 0]
    down = torch.linspace(-1, 1, height, dtype=x.dtype).reshape(1, height, 1).expand(batch, height, width)
    grid = torch.stack([across * (2 / (width - 1)) - 1, down], -1)
    return nn.functional.grid_sample(x, grid, align_corners=True)


class MadNet(nn.Module):
    """Left and right 1 × 3 × height × width, multiples of 64 → disparity 1 × 1 × height × width, in pixels."""

    def __init__(self) -> None:
        super().__init__()
        befores = (3, *PYRAMID)
        self.pyramid = nn.ModuleList(halving(*each) for each in zip(befores, PYRAMID, strict=False))
        compared_with = 2 * REACH + 1
        layers = [(width, 1) for width in ESTIMATOR]
        self.estimators = nn.ModuleList(
            chain(width + compared_with + (width != PYRAMID[-1]), layers) for width in PYRAMID[1:]
        )
        self.context = chain(PYRAMID[1] + 1, list(CONTEXT))
        last = self.context[-1]
        assert isinstance(last, nn.Conv2d)
        assert last.bias is not None
        nn.init.constant_(last.bias, -0.5)  # ten pixels to the left at first: nothing is left of the other direction

    def features(self, image: torch.Tensor) -> list[torch.Tensor]:
        """From a quarter of the size on."""
        x = image
        return [x := level(x) for level in self.pyramid][1:]

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        lefts, rights = self.features(left), self.features(right)
        found = self.estimators[-1](torch.cat([lefts[-1], compared(lefts[-1], rights[-1])], 1))
        for level in range(len(lefts) - 2, -1, -1):
            found = nn.functional.interpolate(found, scale_factor=2.0, mode="bilinear")
            shift = found * (UNIT / 2 ** (level + 2))
            near = compared(lefts[level], warped(rights[level], shift))
            found = self.estimators[level](torch.cat([lefts[level], near, shift], 1))
        found = found + self.context(torch.cat([lefts[0], found], 1))
        return torch.relu(nn.functional.interpolate(found, scale_factor=4.0, mode="bilinear") * -UNIT)


def network() -> nn.Module:
    """Untrained."""
    return MadNet()
