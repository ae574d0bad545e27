# /// deploykit
# [model]
# name = "pp-mobileseg"
# license = "Apache-2.0"
#
# [task]
# type = "segmentation"
#
# [input.image]
# type = "image"
# size = [512, 512]
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.areas]
# type = "class-map"
#
# [paper]
# title = "PP-MobileSeg: Explore the Fast and Accurate Semantic Segmentation Model on Mobile Devices"
# year = 2023
# parameters = 1_440_000
# table = "Comparison on ADE20K, PP-MobileSeg-Tiny"
#
# [zoo]
# classes = 150
# difference = "The authors have 1.61 million in another table; their program, whose layers these are, lies between."
# notes = [
#     "Gives the scores of ADE20K's 150 classes at a sixteenth of the picture's size.",
#     "Left out: the valid interpolate module, which enlarges only the classes that occur, so has no fixed size.",
# ]
# ///
"""PP-MobileSeg-Tiny: MobileNetV3 stages, axial attention on pictures of half the size, and details gated by meaning."""

from __future__ import annotations

import torch
from torch import nn

from deploykit.zoo.blocks import Activation, ConvNorm

Block = tuple[int, int, int, bool, Activation, int]

STEM = 16
STAGES: tuple[tuple[Block, ...], ...] = (
    ((3, 16, 16, True, nn.ReLU, 1), (3, 64, 32, False, nn.ReLU, 2), (3, 48, 24, False, nn.ReLU, 1)),
    ((5, 96, 32, True, nn.Hardswish, 2), (5, 96, 32, True, nn.Hardswish, 1)),
    ((5, 160, 64, True, nn.Hardswish, 2), (5, 160, 64, True, nn.Hardswish, 1)),
    ((3, 384, 128, True, nn.Hardswish, 2), (3, 384, 128, True, nn.Hardswish, 1)),
)
"""MobileNetV3's blocks: size of the kernel, channels inside, channels, whether it excites, activation, stride."""
ATTENTION = ((64, 16, 2, 16), (128, 24, 4, 8))
"""Behind the last two stages: channels, channels of a head's keys, expansion, side of the picture it sees."""
HEADS = 4
BLOCKS = 2
POSITIONS = 16
JOINED = 256
CLASSES = 150


class Excite(nn.Module):
    """Squeeze and excite, with the gentler gate of the authors' framework."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = channels // 4
        self.weigh = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, inner, 1), nn.ReLU(), nn.Conv2d(inner, channels, 1)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * (self.weigh(x) * 0.2 + 0.5).clamp(0.0, 1.0)


class MobileBlock(nn.Module):
    """MobileNetV3's."""

    def __init__(self, inputs: int, block: Block) -> None:
        super().__init__()
        size, inner, outputs, excites, activation, stride = block
        self.inside = nn.Sequential(
            ConvNorm(inputs, inner, activation=activation),
            ConvNorm(inner, inner, size, stride, groups=inner, activation=activation),
            Excite(inner) if excites else nn.Identity(),
            ConvNorm(inner, outputs, activation=None),
        )
        self.skip = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.inside(x) if self.skip else self.inside(x)


class Axis(nn.Module):
    """Attention along one axis, of means along the other."""

    def __init__(self, key: int, side: int) -> None:
        super().__init__()
        self.key, self.side = key, side
        self.places = nn.ParameterList(torch.randn(1, HEADS * key, POSITIONS) for _ in range(2))
        values = 2 * HEADS * key
        self.out = nn.Sequential(nn.ReLU6(), ConvNorm(values, values, activation=None))

    def placed(self, x: torch.Tensor, index: int) -> torch.Tensor:
        """With what a place means, in 16 steps along a side; halving a side takes the mean of two."""
        place = self.places[index].reshape(1, -1, self.side, POSITIONS // self.side).mean(-1)
        return (x + place).reshape(-1, HEADS, self.key, self.side)

    def forward(self, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        batch, channels, side = values.shape
        scores = self.placed(queries, 0).transpose(-2, -1) @ self.placed(keys, 1) * self.key**-0.5
        seen = values.reshape(batch, HEADS, -1, side) @ scores.softmax(-1).transpose(-2, -1)
        return self.out(seen.reshape(batch, channels, side, 1))


class StridedSea(nn.Module):
    """Strided squeeze-enhanced axial attention: at half the size, with a branch of convolutions for the details."""

    def __init__(self, channels: int, key: int, side: int) -> None:
        super().__init__()
        width = HEADS * key
        self.shrink = nn.Sequential(nn.Conv2d(channels, channels, 3, 2, 1, groups=channels), nn.BatchNorm2d(channels))
        self.queries, self.keys = ConvNorm(channels, width, activation=None), ConvNorm(channels, width, activation=None)
        self.values = ConvNorm(channels, 2 * width, activation=None)
        self.rows, self.columns = Axis(key, side), Axis(key, side)
        self.details = nn.Sequential(
            ConvNorm(4 * width, 4 * width, 3, groups=4 * width, activation=nn.ReLU6),
            ConvNorm(4 * width, channels, activation=None),
        )
        self.out = nn.Sequential(nn.ReLU6(), ConvNorm(2 * width, channels, activation=None), nn.Hardsigmoid())
        self.grow = nn.Upsample(scale_factor=2, mode="bilinear")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.shrink(x)
        all_three = [self.queries(x), self.keys(x), self.values(x)]
        rows = self.rows(*(each.mean(3) for each in all_three))
        columns = self.columns(*(each.mean(2) for each in all_three)).transpose(2, 3)
        return self.grow(self.out(all_three[2] + rows + columns) * self.details(torch.cat(all_three, 1)))


class Transformer(nn.Module):
    """The attention, and the channels among themselves with a glance at their neighbours."""

    def __init__(self, channels: int, key: int, expansion: int, side: int) -> None:
        super().__init__()
        inner = channels * expansion
        self.attention = StridedSea(channels, key, side)
        self.mlp = nn.Sequential(
            ConvNorm(channels, inner, activation=None),
            nn.Conv2d(inner, inner, 3, padding=1, groups=inner),
            nn.ReLU6(),
            ConvNorm(inner, channels, activation=None),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(x)
        return x + self.mlp(x)


class Aggregation(nn.Module):
    """Aggregated attention module: what all three scales agree on lets details through; meaning is added."""

    def __init__(self, channels: tuple[int, ...]) -> None:
        super().__init__()
        self.embed = nn.ModuleList(ConvNorm(each, JOINED, activation=None) for each in channels)
        self.gates = nn.ModuleList(ConvNorm(each, JOINED, activation=nn.ReLU6) for each in channels)
        self.shrink = nn.AvgPool2d(2)  # what bilinear resizing by a half is
        self.grow = nn.Upsample(scale_factor=2, mode="bilinear")

    def forward(self, fine: torch.Tensor, middle: torch.Tensor, coarse: torch.Tensor) -> torch.Tensor:
        fine = self.shrink(fine)
        gate = self.gates[0](fine) * self.gates[1](middle) * self.grow(self.gates[2](coarse))
        return gate * (self.embed[0](fine) + self.embed[1](middle)) + self.grow(self.embed[2](coarse))


class MobileSeg(nn.Module):
    """1 × 3 × 512 × 512 → 1 × 150 × 32 × 32."""

    def __init__(self) -> None:
        super().__init__()
        before = STEM
        stages = []
        for stage in STAGES:
            blocks = []
            for block in stage:
                blocks.append(MobileBlock(before, block))
                before = block[2]
            stages.append(nn.Sequential(*blocks))
        stem = ConvNorm(3, STEM, 3, 2, activation=nn.Hardswish)
        transformers = [nn.Sequential(*(Transformer(*each) for _ in range(BLOCKS))) for each in ATTENTION]
        self.fine = nn.Sequential(stem, *stages[:2])
        self.middle = nn.Sequential(stages[2], transformers[0])
        self.coarse = nn.Sequential(stages[3], transformers[1])
        self.join = Aggregation((STAGES[1][-1][2], ATTENTION[0][0], ATTENTION[1][0]))
        self.head = nn.Sequential(ConvNorm(JOINED, JOINED, groups=JOINED), nn.Conv2d(JOINED, CLASSES, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        fine = self.fine(image)
        middle = self.middle(fine)
        return self.head(self.join(fine, middle, self.coarse(middle)))


def network() -> nn.Module:
    """Untrained."""
    return MobileSeg()
