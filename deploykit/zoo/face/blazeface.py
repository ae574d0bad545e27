# /// deploykit
# [model]
# name = "blazeface"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
# labels = ["face"]
#
# [input.image]
# type = "image"
# size = [128, 128]
# crop = "letterbox"
# mean = [0.5]
# std = [0.5]
#
# [output.faces]
# type = "boxes"
# corners = "cxcywh"
# unit = "fractions"
# scores = "scores"
# min_score = 0.75
# overlap = 0.3
#
# [output.scores]
# type = "tensor"
#
# [output.landmarks]
# type = "tensor"
#
# [paper]
# title = "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs"
# year = 2019
#
# [zoo]
# notes = [
#     "The layers are those of Table 4; the paper states no parameters.",
#     "Anchors are decoded in the graph: a box for each of 896 and its six landmarks (x, y), in shares of the picture.",
#     "The paper blends boxes that overlap instead of dropping the weaker; that is left to the app.",
# ]
# ///
"""BlazeFace: a face detector of 5x5 depthwise blocks, with as few layers and anchors as a phone's GPU likes."""

from __future__ import annotations

import torch
from torch import nn

SIDE = 128
LANDMARKS = 6
ANCHORS = ((16, 2), (8, 6))
"""Cells along a side, and anchors in each: all of the same size, so that only their middles count."""
SINGLE = ((24, 24, 1), (24, 24, 1), (24, 48, 2), (48, 48, 1), (48, 48, 1))
DOUBLE = ((48, 96, 2), (96, 96, 1), (96, 96, 1), (96, 96, 2), (96, 96, 1), (96, 96, 1))
"""Channels in and out, and stride, of the blocks."""


def separable(inputs: int, outputs: int, stride: int = 1) -> list[nn.Module]:
    """5×5 depthwise and 1×1 convolution; with stride 2 the padding is TensorFlow's, more on the right and below."""
    border = nn.ZeroPad2d((1, 2, 1, 2) if stride == 2 else 2)
    return [border, nn.Conv2d(inputs, inputs, 5, stride, groups=inputs, bias=False), nn.Conv2d(inputs, outputs, 1)]


class BlazeBlock(nn.Module):
    """The single block, or with `inner` channels between two separable convolutions the double one."""

    def __init__(self, inputs: int, outputs: int, stride: int, inner: int | None = None) -> None:
        super().__init__()
        steps = separable(inputs, inner or outputs, stride)
        if inner is not None:
            steps += [nn.ReLU(), *separable(inner, outputs)]
        self.convs = nn.Sequential(*steps)
        self.shrink = nn.MaxPool2d(2) if stride == 2 else nn.Identity()
        self.more = outputs - inputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skip = self.shrink(x)
        if self.more:
            skip = nn.functional.pad(skip, (0, 0, 0, 0, 0, self.more))
        return torch.relu(self.convs(x) + skip)


class BlazeFace(nn.Module):
    """1 × 3 × 128 × 128 → boxes 1 × 896 × 4, scores 1 × 896 × 1, landmarks 1 × 896 × 12."""

    middles: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.ZeroPad2d((1, 2, 1, 2)), nn.Conv2d(3, 24, 5, 2), nn.ReLU())
        self.single = nn.Sequential(*(BlazeBlock(*each) for each in SINGLE))
        doubles = [BlazeBlock(*each, inner=24) for each in DOUBLE]
        self.fine, self.coarse = nn.Sequential(*doubles[:3]), nn.Sequential(*doubles[3:])
        self.numbers = 5 + 2 * LANDMARKS
        self.heads = nn.ModuleList(nn.Conv2d(96, anchors * self.numbers, 1) for _, anchors in ANCHORS)
        middles = [
            torch.stack(torch.meshgrid(*[(torch.arange(cells) + 0.5) / cells] * 2, indexing="xy"), -1)
            .reshape(-1, 1, 2)
            .expand(-1, anchors, -1)
            .reshape(1, -1, 2)
            for cells, anchors in ANCHORS
        ]
        self.register_buffer("middles", torch.cat(middles, 1), persistent=False)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        fine = self.fine(self.single(self.stem(image)))
        maps = zip(self.heads, (fine, self.coarse(fine)), strict=True)
        found = torch.cat(
            [head(x).permute(0, 2, 3, 1).reshape(image.shape[0], -1, self.numbers) for head, x in maps], 1
        )
        boxes = torch.cat([found[..., :2] / SIDE + self.middles, found[..., 2:4] / SIDE], -1)
        landmarks = found[..., 4:-1] / SIDE + self.middles.repeat(1, 1, LANDMARKS)
        return boxes, found[..., -1:].clamp(-100, 100).sigmoid(), landmarks


def network() -> nn.Module:
    """Untrained."""
    return BlazeFace()
