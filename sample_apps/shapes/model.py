"""A small detector: a MobileNet-style body, and one head whose single tensor joins boxes in pixels with scores."""

from __future__ import annotations

import torch
from torch import nn

SIDE = 512
STRIDE = 16
CLASSES = 3


def conv_bn(inputs: int, outputs: int, size: int, *, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution without bias, batch norm, ReLU6."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU6(),
    )


def separable(inputs: int, outputs: int, size: int = 5, stride: int = 1) -> nn.Sequential:
    """MobileNetV1's block, depthwise and then 1×1, with filters large enough to see a whole shape."""
    return nn.Sequential(conv_bn(inputs, inputs, size, stride=stride, groups=inputs), conv_bn(inputs, outputs, 1))


class ShapeNet(nn.Module):
    """1 × 3 × 512 × 512 → 1 × 1024 × 7: for each of 32 × 32 cells left, top, right, bottom in pixels, and three scores.

    Anchor-free, as FCOS: a cell gives its distances to the four sides.
    """

    def __init__(self) -> None:
        super().__init__()
        self.shrink = nn.AvgPool2d(4)  # what is looked for is large
        self.body = nn.Sequential(
            conv_bn(3, 16, 3, stride=2),
            separable(16, 48, 3, stride=2),
            *(separable(48, 48) for _ in range(4)),
        )
        self.sides = nn.Conv2d(48, 4, 1)
        self.classes = nn.Conv2d(48, CLASSES, 1)
        cells = (torch.arange(SIDE // STRIDE) + 0.5) * STRIDE
        middles = torch.stack(torch.meshgrid(cells, cells, indexing="xy"), -1).reshape(1, -1, 2)
        self.register_buffer("middles", middles, persistent=False)

    def heads(self, small: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Boxes in pixels, and scores before the sigmoid, of shrunk pictures."""
        features = self.body(small)
        sides = nn.functional.softplus(self.sides(features)).flatten(2).transpose(1, 2) * STRIDE
        boxes = torch.cat([self.middles - sides[..., :2], self.middles + sides[..., 2:]], -1)
        return boxes, self.classes(features).flatten(2).transpose(1, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        boxes, logits = self.heads(self.shrink(x))
        return torch.cat([boxes, logits.sigmoid()], -1)


def shapes() -> nn.Module:
    return ShapeNet()
