# /// deploykit
# [model]
# name = "yoloe"
# license = "Apache-2.0"
#
# [task]
# type = "object-detection"
#
# [input.image]
# type = "image"
# size = [640, 640]
# crop = "letterbox"
#
# [output.detections]
# type = "boxes"
# corners = "cxcywh"
# min_score = 0.25
# overlap = 0.7
#
# [paper]
# title = "YOLOE: Real-Time Seeing Anything"
# year = 2025
# parameters = 12_000_000
# table = "results on LVIS, YOLOE-v8-S"
#
# [zoo]
# classes = 80
# difference = "It is stated in whole millions, and as it seems with the layers of prompts, which are folded here."
# notes = [
#   "The labels are the prompts: another vocabulary is another build, of the same trained network.",
#   "Masks, visual prompts and the vocabulary of the prompt-free form are left out.",
# ]
# ///
"""YOLOE-v8-S: what to look for is said in words, and the words' embeddings are folded into the last convolution."""

from __future__ import annotations

import torch
from torch import nn

LABELS, BINS, STRIDES = 80, 16, (8, 16, 32)
SIZE, EMBEDDING = 640, 512


class Conv(nn.Sequential):
    """A convolution, a norm and SiLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1) -> None:
        conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        super().__init__(conv, nn.BatchNorm2d(outputs), nn.SiLU())


class Bottleneck(nn.Module):
    """Two convolutions, in the backbone with a shortcut."""

    def __init__(self, channels: int, shortcut: bool) -> None:
        super().__init__()
        self.layers = nn.Sequential(Conv(channels, channels, 3), Conv(channels, channels, 3))
        self.shortcut = shortcut

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        passed: torch.Tensor = self.layers(x)
        return x + passed if self.shortcut else passed


class C2f(nn.Module):
    """YOLOv8's block: bottlenecks in a row on half of the channels, all of them joined."""

    def __init__(self, inputs: int, outputs: int, count: int, shortcut: bool = False) -> None:
        super().__init__()
        half = outputs // 2
        self.split = Conv(inputs, outputs)
        self.parts = nn.ModuleList(Bottleneck(half, shortcut) for _ in range(count))
        self.join = Conv((count + 2) * half, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found = list(self.split(x).chunk(2, 1))
        for part in self.parts:
            found.append(part(found[-1]))
        joined: torch.Tensor = self.join(torch.cat(found, 1))
        return joined


class Pyramid(nn.Module):
    """SPPF: the maximum over ever larger windows."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = Conv(channels, channels // 2)
        self.pool = nn.MaxPool2d(5, 1, 2)
        self.join = Conv(2 * channels, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found = [self.first(x)]
        for _ in range(3):
            found.append(self.pool(found[-1]))
        joined: torch.Tensor = self.join(torch.cat(found, 1))
        return joined


class Prompted(nn.Module):
    """Scores of a place: how near its embedding is to each prompt's, times a learned scale."""

    def __init__(self, inputs: int, prompts: torch.Tensor) -> None:
        super().__init__()
        self.embed = nn.Conv2d(inputs, EMBEDDING, 1)
        self.norm = nn.BatchNorm2d(EMBEDDING)
        self.register_buffer("prompts", prompts)
        self.scale = nn.Parameter(torch.tensor(-1.0))
        self.bias = nn.Parameter(torch.tensor(-10.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        assert isinstance(self.prompts, torch.Tensor)
        found = torch.einsum("bchw,kc->bkhw", self.norm(self.embed(x)), self.prompts)
        return found * self.scale.exp() + self.bias

    def switch_to_deploy(self) -> nn.Module:
        """The same as one convolution, whose outputs are the prompts (RepRTA)."""
        assert isinstance(self.prompts, torch.Tensor)
        embed = nn.utils.fuse_conv_bn_eval(self.embed.eval(), self.norm.eval())
        assert embed.bias is not None
        scores = nn.Conv2d(embed.in_channels, len(self.prompts), 1)
        assert scores.bias is not None
        scale = self.scale.exp()
        scores.weight.data = (scale * self.prompts @ embed.weight.flatten(1)).detach().view_as(scores.weight)
        scores.bias.data = (scale * self.prompts @ embed.bias + self.bias).detach()
        return scores


class Head(nn.Module):
    """Boxes as distances to four sides, each a mean over 16 bins, and scores of the prompts."""

    places: torch.Tensor

    def __init__(self, widths: tuple[int, ...], prompts: torch.Tensor) -> None:
        super().__init__()
        inner = widths[0]
        self.sides = nn.ModuleList(
            nn.Sequential(Conv(width, 64, 3), Conv(64, 64, 3), nn.Conv2d(64, 4 * BINS, 1)) for width in widths
        )
        self.scores = nn.ModuleList(
            nn.Sequential(Conv(width, inner, 3), Conv(inner, inner, 3), Prompted(inner, prompts)) for width in widths
        )
        self.register_buffer("places", _places(), persistent=False)

    def forward(self, maps: list[torch.Tensor]) -> torch.Tensor:
        sides = torch.cat([tower(x).flatten(2) for tower, x in zip(self.sides, maps, strict=True)], 2)
        scores = torch.cat([tower(x).flatten(2) for tower, x in zip(self.scores, maps, strict=True)], 2)
        shares = sides.reshape(len(sides), 4, BINS, -1).softmax(2)
        bins = torch.arange(BINS, dtype=sides.dtype, device=sides.device).view(1, 1, BINS, 1)
        near, far = (shares * bins).sum(2).chunk(2, 1)
        stride = self.places[2:]
        middle = (self.places[:2] + (far - near) / 2) * stride
        return torch.cat([middle, (near + far) * stride, scores.sigmoid()], 1)


class YOLOE(nn.Module):
    """YOLOv8-S with a head that is told what to look for."""

    def __init__(self, prompts: torch.Tensor) -> None:
        super().__init__()
        self.stage3 = nn.Sequential(
            Conv(3, 32, 3, 2),
            Conv(32, 64, 3, 2),
            C2f(64, 64, 1, True),
            Conv(64, 128, 3, 2),
            C2f(128, 128, 2, True),
        )
        self.stage4 = nn.Sequential(Conv(128, 256, 3, 2), C2f(256, 256, 2, True))
        self.stage5 = nn.Sequential(Conv(256, 512, 3, 2), C2f(512, 512, 1, True), Pyramid(512))
        self.up4, self.up3 = C2f(512 + 256, 256, 1), C2f(256 + 128, 128, 1)
        self.shrink3, self.shrink4 = Conv(128, 128, 3, 2), Conv(256, 256, 3, 2)
        self.down4, self.down5 = C2f(128 + 256, 256, 1), C2f(256 + 512, 512, 1)
        self.head = Head((128, 256, 512), prompts)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        three = self.stage3(image)
        four = self.stage4(three)
        five = self.stage5(four)
        four = self.up4(torch.cat([_double(five), four], 1))
        three = self.up3(torch.cat([_double(four), three], 1))
        four = self.down4(torch.cat([self.shrink3(three), four], 1))
        five = self.down5(torch.cat([self.shrink4(four), five], 1))
        found: torch.Tensor = self.head([three, four, five])
        return found


def _double(x: torch.Tensor) -> torch.Tensor:
    return nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")


def _places() -> torch.Tensor:
    """x, y and stride of every place on the three maps, in its steps; 3 × places."""
    found = []
    for stride in STRIDES:
        side = torch.arange(SIZE // stride) + 0.5
        y, x = torch.meshgrid(side, side, indexing="ij")
        found.append(torch.stack([x.flatten(), y.flatten(), torch.full((side.numel() ** 2,), float(stride))]))
    return torch.cat(found, 1)


def network() -> nn.Module:
    """Untrained, with random directions in place of a text encoder's: deploykit folds them by the head's own method."""
    return YOLOE(nn.functional.normalize(torch.randn(LABELS, EMBEDDING)))
