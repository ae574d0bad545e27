# /// deploykit
# [model]
# name = "lighttrack"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.template]
# type = "image"
# size = [128, 128]
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [input.search]
# type = "image"
# size = [256, 256]
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.scores]
# type = "tensor"
#
# [output.distances]
# type = "tensor"
#
# [paper]
# title = "LightTrack: Finding Lightweight Neural Networks for Object Tracking via One-Shot Architecture Search"
# year = 2021
# parameters = 1970000
# table = "Table 1, LightTrack-Mobile"
#
# [zoo]
# notes = [
#   "LightTrack-Mobile: the path that the search found in its supernet, for backbone, heads and place of the features",
#   "for each of 16 x 16 places: a score, and pixels to the object's left, top, right and bottom",
#   "both pictures are in one graph; an app that keeps the template's features saves a fifth of the work",
#   "the penalty for changes of size, the window over scores and the crops are left to the app",
# ]
# ///
"""LightTrack: an object followed by pixel-wise correlation of a network that was found by search for little work."""

from __future__ import annotations

import torch
from torch import nn

PLAN = (
    (24, 2, ((7, 4), (7, 6), (3, 4), (5, 4))),
    (40, 2, ((7, 6), (3, 6), (7, 4), (3, 4))),
    (80, 2, ((7, 4), (7, 4), (7, 6), (5, 4))),
    (96, 1, ((3, 6), (3, 4), (7, 4))),
)
"""Of the backbone: channels, stride of the first block, and each block's kernel and expansion."""
STRIDE = 16


class Excitation(nn.Module):
    """Squeeze and excitation, with hard sigmoid."""

    def __init__(self, width: int) -> None:
        super().__init__()
        middle = max(8, int(width / 4 + 4) // 8 * 8)
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(width, middle, 1), nn.ReLU(), nn.Conv2d(middle, width, 1)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * nn.functional.hardsigmoid(self.gate(x))


def convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """A convolution and its norm."""
    padding = kernel // 2
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False), nn.BatchNorm2d(outputs)
    )


class Block(nn.Module):
    """MobileNetV3's inverted residual; without expansion, its depthwise separable convolution."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        middle = inputs * expansion
        expand = [convolution(inputs, middle, 1), nn.SiLU()] if expansion > 1 else []
        self.body = nn.Sequential(
            *expand,
            convolution(middle, middle, kernel, stride, groups=middle),
            nn.SiLU(),
            Excitation(middle),
            convolution(middle, outputs, 1),
        )
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.body(x)
        return x + out if self.shortcut else out


class Backbone(nn.Sequential):
    """The found path, up to the block whose output is correlated."""

    def __init__(self) -> None:
        blocks, inputs = [Block(16, 16, 3, 1, 1)], 16
        for width, stride, choices in PLAN:
            for index, (kernel, expansion) in enumerate(choices):
                blocks.append(Block(inputs, width, kernel, 1 if index else stride, expansion))
                inputs = width
        super().__init__(convolution(3, 16, 3, 2), nn.SiLU(), *blocks)


class Correlation(nn.Module):
    """Point-wise correlation: how far each place is like each of the template's, with channel attention."""

    def __init__(self, places: int, outputs: int) -> None:
        super().__init__()
        self.attention = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(places, places, 1), nn.ReLU(), nn.Conv2d(places, places, 1), nn.Sigmoid()
        )
        self.adjust = nn.Conv2d(places, outputs, 1)

    def forward(self, template: torch.Tensor, search: torch.Tensor) -> torch.Tensor:
        batch, _, height, width = search.shape
        alike = torch.matmul(template.flatten(2).transpose(1, 2), search.flatten(2)).view(batch, -1, height, width)
        out: torch.Tensor = self.adjust(alike * self.attention(alike))
        return out


def tower(inputs: int, width: int, kernels: tuple[int, ...], outputs: int) -> nn.Sequential:
    """A head of depthwise separable convolutions."""
    layers: list[nn.Module] = []
    for kernel in kernels:
        depthwise = nn.Conv2d(inputs, inputs, kernel, padding=kernel // 2, groups=inputs, bias=False)
        layers += [depthwise, convolution(inputs, width, 1), nn.ReLU()]
        inputs = width
    return nn.Sequential(*layers, nn.Conv2d(width, outputs, 3, padding=1))


class LightTrack(nn.Module):
    """Backbone for both pictures, correlation, and heads."""

    def __init__(self, template: int = 128, adjusted: int = 128) -> None:
        super().__init__()
        self.backbone = Backbone()
        width = PLAN[-1][0]
        self.template_norm, self.search_norm = nn.BatchNorm2d(width), nn.BatchNorm2d(width)
        self.correlation = Correlation((template // STRIDE) ** 2, adjusted)
        self.scores = tower(adjusted, 256, (5, 5, 3, 3, 3, 3), 1)
        self.distances = tower(adjusted, 192, (3, 3, 3, 3, 3, 5, 5, 5), 4)

    def forward(self, template: torch.Tensor, search: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        known = self.template_norm(self.backbone(template))
        x = self.correlation(known, self.search_norm(self.backbone(search)))
        return self.scores(x) * 0.1, torch.relu(self.distances(x)) * STRIDE


def network() -> nn.Module:
    """Untrained."""
    return LightTrack()
