# /// deploykit
# [model]
# name = "xlsr"
# license = "Apache-2.0"
#
# [task]
# type = "image-to-image"
# verb = "upscale"
# overlap = 8
#
# [input.image]
# type = "image"
# size = [128, 128]
#
# [output.picture]
# type = "picture"
#
# [paper]
# title = "Extremely Lightweight Quantization Robust Real-Time Single-Image Super Resolution for Mobile Devices"
# year = 2021
#
# [zoo]
# notes = [
#     "Three times larger. Pictures of any size go through in tiles; the network looks five pixels far.",
#     "The paper's trick is in the graph: the last layer is clipped to 0 to 1, which keeps int8 from losing colours.",
#     "The paper feeds 360 x 640. The abstract says thirty times fewer parameters than VDSR, which has 665 thousand.",
# ]
# ///
"""XLSR: root modules (grouped 3x3 and 1x1 convolutions) and a clipped last layer that survives int8."""

from __future__ import annotations

import torch
from torch import nn

SCALE = 3
WIDTH = 32


class GBlock(nn.Sequential):
    """The paper's building block: a 3×3 convolution in four groups, and a 1×1 that mixes them."""

    def __init__(self) -> None:
        super().__init__(nn.Conv2d(WIDTH, WIDTH, 3, padding=1, groups=4), nn.ReLU(), nn.Conv2d(WIDTH, WIDTH, 1))


class XLSR(nn.Module):
    """1 × 3 × height × width → three times as high and wide, between 0 and 1."""

    def __init__(self) -> None:
        super().__init__()
        self.roots = nn.ModuleList(nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU()) for _ in range(4))
        self.body = nn.Sequential(nn.Conv2d(WIDTH, WIDTH, 1), *(GBlock() for _ in range(3)))
        self.beside = nn.Conv2d(3, 16, 3, padding=1)
        last = nn.Conv2d(WIDTH, 3 * SCALE**2, 3, padding=1)
        assert last.bias is not None
        nn.init.constant_(last.bias, 0.5)  # grey at first: clipping leaves little of an untrained net that is black
        self.end = nn.Sequential(nn.Conv2d(WIDTH + 16, WIDTH, 1), nn.ReLU(), last, nn.PixelShuffle(SCALE))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        features = self.body(torch.cat([root(image) for root in self.roots], 1))
        return self.end(torch.cat([features, self.beside(image)], 1)).clamp(0.0, 1.0)


def network() -> nn.Module:
    """Untrained."""
    return XLSR()
