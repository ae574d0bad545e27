# /// deploykit
# [model]
# name = "msi-net"
# license = "Apache-2.0"
#
# [task]
# type = "image-to-image"
# verb = "saliency"
#
# [input.image]
# type = "image"
# size = [240, 320]
# color = "bgr"
# crop = "letterbox"
# scale = 1.0
# mean = [103.939, 116.779, 123.68]
#
# [output.attention]
# type = "picture"
#
# [paper]
# title = "Contextual Encoder-Decoder Network for Visual Saliency Prediction"
# year = 2019
# parameters = 24_934_209
# table = "Table of model sizes, MSI-Net"
#
# [zoo]
# notes = [
#     "Gives where people look, from black to white within each picture.",
#     "Resizing is by pixels' middles, which the authors' framework of 2019 did by their corners.",
# ]
# ///
"""MSI-Net: VGG16 with dilated last layers, four dilations and the whole scene side by side, and a small decoder."""

from __future__ import annotations

import torch
from torch import nn

VGG = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
CONTEXT = 256
DILATIONS = (4, 8, 12)
DECODER = (128, 64, 32)


def convs(inputs: int, widths: tuple[int, ...], dilation: int = 1) -> nn.Sequential:
    """3×3 with ReLU."""
    layers: list[nn.Module] = []
    for width in widths:
        layers += [nn.Conv2d(inputs, width, 3, padding=dilation, dilation=dilation), nn.ReLU()]
        inputs = width
    return nn.Sequential(*layers)


def pool() -> nn.Sequential:
    """The largest of four, at every place; what is beyond the border is zero, as a ReLU's least."""
    return nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.MaxPool2d(2, 1))


class MsiNet(nn.Module):
    """1 × 3 × 240 × 320 → 1 × 1 × 240 × 320, from 0 to 1."""

    def __init__(self) -> None:
        super().__init__()
        self.third = nn.Sequential(
            *(convs(3, VGG[0]), nn.MaxPool2d(2)),
            *(convs(64, VGG[1]), nn.MaxPool2d(2)),
            *(convs(128, VGG[2]), nn.MaxPool2d(2)),
        )
        self.fourth = nn.Sequential(convs(256, VGG[3]), pool())
        self.fifth = nn.Sequential(convs(512, VGG[4], 2), pool())
        joined = 256 + 512 + 512
        self.places = nn.ModuleList(
            [
                nn.Sequential(nn.Conv2d(joined, CONTEXT, 1), nn.ReLU()),
                *(convs(joined, (CONTEXT,), d) for d in DILATIONS),
            ]
        )
        self.scene = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(joined, CONTEXT, 1), nn.ReLU())
        self.join = nn.Sequential(nn.Conv2d(5 * CONTEXT, CONTEXT, 1), nn.ReLU())
        layers: list[nn.Module] = []
        before = CONTEXT
        for width in DECODER:
            layers += [nn.Upsample(scale_factor=2, mode="bilinear"), convs(before, (width,))]
            before = width
        self.decoder = nn.Sequential(*layers, nn.Conv2d(before, 1, 3, padding=1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        third = self.third(image)
        fourth = self.fourth(third)
        x = torch.cat([third, fourth, self.fifth(fourth)], 1)
        places = [place(x) for place in self.places]
        scene = self.scene(x).expand_as(places[0])
        found = self.decoder(self.join(torch.cat([*places, scene], 1)))
        found = found - found.amin((2, 3), keepdim=True)
        return found / (found.amax((2, 3), keepdim=True) + 1e-7)


def network() -> nn.Module:
    """Untrained."""
    return MsiNet()
