# /// deploykit
# [model]
# name = "yolov9"
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
# title = "YOLOv9: Learning What You Want to Learn Using Programmable Gradient Information"
# year = 2024
# parameters = 2_000_000
# multiply_adds = 3.85e9
# table = "results on COCO, YOLOv9-T (7.7 GFLOPs)"
#
# [zoo]
# classes = 80
# notes = [
#   "The auxiliary branch of programmable gradients is for training only and left out.",
#   "Boxes are decoded to pixels inside; what overlaps is the app's to leave out.",
# ]
# ///
"""YOLOv9-t: GELAN's stages of layers joined efficiently; the branch that taught it is gone, others are folded."""

from __future__ import annotations

import math

import torch
from torch import nn

LABELS, BINS, STRIDES = 80, 16, (8, 16, 32)
SIZE = 640


class Conv(nn.Sequential):
    """A convolution, a norm and SiLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> None:
        conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        super().__init__(conv, nn.BatchNorm2d(outputs), nn.SiLU())


class RepConv(nn.Module):
    """RepConv: 3×3 and 1×1 side by side while it learns, one convolution afterwards."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.wide = nn.Sequential(nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels))
        self.narrow = nn.Sequential(nn.Conv2d(channels, channels, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.silu(self.wide(x) + self.narrow(x))

    def switch_to_deploy(self) -> nn.Module:
        """The same with one convolution."""
        wide, narrow = _fused(*self.wide), _fused(*self.narrow)
        wide.weight.data[:, :, 1:2, 1:2] += narrow.weight
        assert wide.bias is not None
        assert narrow.bias is not None
        wide.bias.data += narrow.bias
        return nn.Sequential(wide, nn.SiLU())


class Bottleneck(nn.Module):
    """Two convolutions and what came in."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(RepConv(channels), Conv(channels, channels, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        added: torch.Tensor = x + self.layers(x)
        return added


class CSP(nn.Module):
    """RepCSP: half goes through three bottlenecks, half goes by."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        half = outputs // 2
        self.through = nn.Sequential(Conv(inputs, half), *(Bottleneck(half) for _ in range(3)))
        self.by = Conv(inputs, half)
        self.join = Conv(2 * half, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        joined: torch.Tensor = self.join(torch.cat([self.through(x), self.by(x)], 1))
        return joined


class ELAN(nn.Module):
    """The generalised ELAN: two parts in a row, all that they saw and made joined once."""

    def __init__(self, inputs: int, outputs: int, inner: int, simple: bool = False) -> None:
        super().__init__()
        self.split = Conv(inputs, outputs)
        half = outputs // 2
        self.parts = nn.ModuleList(
            Conv(width, inner, 3) if simple else nn.Sequential(CSP(width, inner), Conv(inner, inner, 3))
            for width in (half, inner)
        )
        self.join = Conv(outputs + 2 * inner, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found = list(self.split(x).chunk(2, 1))
        for part in self.parts:
            found.append(part(found[-1]))
        joined: torch.Tensor = self.join(torch.cat(found, 1))
        return joined


class Pyramid(nn.Module):
    """SPPELAN: the maximum over ever larger windows."""

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.first = Conv(channels, inner)
        self.pool = nn.MaxPool2d(5, 1, 2)
        self.join = Conv(4 * inner, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found = [self.first(x)]
        for _ in range(3):
            found.append(self.pool(found[-1]))
        joined: torch.Tensor = self.join(torch.cat(found, 1))
        return joined


class Head(nn.Module):
    """Boxes as distances to four sides, each a mean over 16 bins, and scores, which begin at a few boxes a picture."""

    places: torch.Tensor

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.sides = nn.ModuleList(_tower(width, 64, 4 * BINS, groups=4) for width in widths)
        self.scores = nn.ModuleList(_tower(width, 80, LABELS) for width in widths)
        for tower, stride in zip(self.scores, STRIDES, strict=True):
            few = math.log(5 / LABELS / (SIZE / stride) ** 2)
            nn.init.constant_(tower.get_submodule("2").get_parameter("bias"), few)
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


class YOLOv9(nn.Module):
    """The backbone, the path up and down, and the head."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(Conv(3, 16, 3, 2), Conv(16, 32, 3, 2), ELAN(32, 32, 16, simple=True))
        self.stage3 = nn.Sequential(*_down(32, 64), ELAN(64, 64, 32))
        self.stage4 = nn.Sequential(*_down(64, 96), ELAN(96, 96, 48))
        self.stage5 = nn.Sequential(*_down(96, 128), ELAN(128, 128, 64), Pyramid(128, 64))
        self.up4, self.up3 = ELAN(128 + 96, 96, 48), ELAN(96 + 64, 64, 32)
        self.shrink3, self.shrink4 = _down(64, 48), _down(96, 64)
        self.down4, self.down5 = ELAN(48 + 96, 96, 48), ELAN(64 + 128, 128, 64)
        self.head = Head((64, 96, 128))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        three = self.stage3(self.stem(image))
        four = self.stage4(three)
        five = self.stage5(four)
        four = self.up4(torch.cat([_double(five), four], 1))
        three = self.up3(torch.cat([_double(four), three], 1))
        four = self.down4(torch.cat([self.shrink3(three), four], 1))
        five = self.down5(torch.cat([self.shrink4(four), five], 1))
        found: torch.Tensor = self.head([three, four, five])
        return found


def _down(inputs: int, outputs: int) -> nn.Sequential:
    """AConv: a mean of 2×2 pixels before a convolution with steps of two."""
    return nn.Sequential(nn.AvgPool2d(2, 1), Conv(inputs, outputs, 3, 2))


def _double(x: torch.Tensor) -> torch.Tensor:
    return nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")


def _tower(inputs: int, inner: int, outputs: int, groups: int = 1) -> nn.Sequential:
    """Grouped, each side of a box has its own channels."""
    last = nn.Conv2d(inner, outputs, 1, groups=groups)
    return nn.Sequential(Conv(inputs, inner, 3), Conv(inner, inner, 3, groups=groups), last)


def _places() -> torch.Tensor:
    """x, y and stride of every place on the three maps, in its steps; 3 × places."""
    found = []
    for stride in STRIDES:
        side = torch.arange(SIZE // stride) + 0.5
        y, x = torch.meshgrid(side, side, indexing="ij")
        found.append(torch.stack([x.flatten(), y.flatten(), torch.full((side.numel() ** 2,), float(stride))]))
    return torch.cat(found, 1)


def _fused(conv: nn.Module, norm: nn.Module) -> nn.Conv2d:
    """A convolution with the norm behind it in its weights."""
    assert isinstance(conv, nn.Conv2d)
    assert isinstance(norm, nn.BatchNorm2d)
    return nn.utils.fuse_conv_bn_eval(conv.eval(), norm.eval())


def network() -> nn.Module:
    """Untrained, with its branches: deploykit folds them by the blocks' own method."""
    return YOLOv9()
