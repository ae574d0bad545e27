# /// deploykit
# [model]
# name = "once-for-all"
# license = "Apache-2.0"
#
# [task]
# type = "image-classification"
#
# [input.image]
# type = "image"
# size = [224, 224]
# resize = "bilinear"
# crop = "center"
# crop_fraction = 0.875
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.scores]
# type = "scores"
#
# [paper]
# title = "Once-for-All: Train One Network and Specialize it for Efficient Deployment"
# year = 2019
#
# [zoo]
# classes = 1000
# notes = [
#   "Which network is cut out is a table in the file; the paper searches it for each device.",
#   "After cutting, a trained network's norms have to be measured anew on pictures.",
#   "The hidden layer of the head has no norm.",
# ]
# ///
"""One network of Once-for-All: cut out of the large one, with smaller kernels, fewer channels and fewer layers."""

from __future__ import annotations

import torch
from torch import nn

WIDTHS, STRIDES = (24, 40, 80, 112, 160), (2, 2, 2, 1, 2)
SWISH, SQUEEZED = (False, False, True, True, True), (False, True, False, True, True)
DEPTHS = (2, 2, 3, 2, 3)
KERNELS = (3, 5, 3, 5, 7)
EXPANSIONS = (3, 4, 4, 3, 6)
"""What is cut out: layers of each stage, their kernels and their expansions; the large one has 4, 7 and 6."""
LARGEST, DEEPEST, WIDEST = 7, 4, 6


def divisible(channels: float) -> int:
    """The nearest number of channels that 8 divides."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


def conv(inputs: int, outputs: int, kernel: int = 1, stride: int = 1, swish: bool = True) -> nn.Module:
    """A convolution, a norm and an activation."""
    layer = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(outputs), nn.Hardswish() if swish else nn.ReLU())


class Squeeze(nn.Module):
    """Squeeze and excitation."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = divisible(channels / 4)
        self.first, self.second = nn.Conv2d(channels, inner, 1), nn.Conv2d(inner, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weights = self.second(self.first(x.mean((2, 3), keepdim=True)).relu())
        weighed: torch.Tensor = x * nn.functional.hardsigmoid(weights)
        return weighed


class Elastic(nn.Module):
    """An inverted residual, from which a smaller one can be cut."""

    def __init__(
        self, inputs: int, outputs: int, stride: int, kernel: int, wide: int, swish: bool, squeezed: bool
    ) -> None:
        super().__init__()
        self.swish, self.squeezed, self.stride = swish, squeezed, stride
        self.shortcut = stride == 1 and inputs == outputs
        self.expand = conv(inputs, wide, swish=swish)
        self.depthwise = nn.Conv2d(wide, wide, kernel, stride, kernel // 2, groups=wide, bias=False)
        self.norm = nn.BatchNorm2d(wide)
        self.squeeze: nn.Module = Squeeze(wide) if squeezed else nn.Identity()
        self.project = nn.Sequential(nn.Conv2d(wide, outputs, 1, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inner = self.norm(self.depthwise(self.expand(x)))
        inner = nn.functional.hardswish(inner) if self.swish else inner.relu()
        passed: torch.Tensor = self.project(self.squeeze(inner))
        return x + passed if self.shortcut else passed

    def cut(self, kernel: int, expansion: int, transforms: nn.ModuleList) -> Elastic:
        """The same with a part of its weights; transforms: from kernels of 7 to 5, and of 5 to 3."""
        inputs, outputs = self._sizes()
        smaller = Elastic(
            inputs, outputs, self.stride, kernel, divisible(inputs * expansion), self.swish, self.squeezed
        )
        with torch.no_grad():
            for (name, target), whole in zip(smaller.named_parameters(), self.parameters(), strict=True):
                source = _shrunk(whole, kernel, transforms) if name == "depthwise.weight" else whole
                target.copy_(source[tuple(slice(size) for size in target.shape)])
        return smaller

    def _sizes(self) -> tuple[int, int]:
        expand, project = self.expand.get_submodule("0"), self.project.get_submodule("0")
        assert isinstance(expand, nn.Conv2d)
        assert isinstance(project, nn.Conv2d)
        return expand.in_channels, project.out_channels


class Supernet(nn.Module):
    """Once-for-All's MobileNetV3: all sizes at once; the first channels are the most important ones."""

    def __init__(self) -> None:
        super().__init__()
        first = Elastic(16, 16, 1, 3, 16, swish=False, squeezed=False)
        first.expand = nn.Identity()
        self.stem = nn.Sequential(conv(3, 16, 3, 2), first)
        self.stages = nn.ModuleList()
        inputs = 16
        for width, stride, swish, squeezed in zip(WIDTHS, STRIDES, SWISH, SQUEEZED, strict=True):
            stage = nn.ModuleList()
            for index in range(DEEPEST):
                wide = divisible(inputs * WIDEST)
                stage.append(Elastic(inputs, width, stride if index == 0 else 1, LARGEST, wide, swish, squeezed))
                inputs = width
            self.stages.append(stage)
        self.transforms = nn.ModuleList([nn.Linear(25, 25, bias=False), nn.Linear(9, 9, bias=False)])
        self.last = conv(inputs, 6 * inputs)
        self.head = nn.Sequential(nn.Linear(6 * inputs, 1280, bias=False), nn.Hardswish(), nn.Linear(1280, 1000))

    def cut(self) -> nn.Module:
        """One network as plain layers."""
        blocks: list[nn.Module] = []
        for stage, depth, kernel, expansion in zip(self.stages, DEPTHS, KERNELS, EXPANSIONS, strict=True):
            assert isinstance(stage, nn.ModuleList)
            for block in stage[:depth]:
                assert isinstance(block, Elastic)
                blocks.append(block.cut(kernel, expansion, self.transforms))
        pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        return nn.Sequential(self.stem, *blocks, self.last, pool, self.head)


def _shrunk(weight: torch.Tensor, kernel: int, transforms: nn.ModuleList) -> torch.Tensor:
    """A kernel's middle, times a learned matrix; weight: channels × 1 × 7 × 7."""
    for size, transform in zip((5, 3), transforms, strict=True):
        if kernel <= size:
            weight = transform(weight[:, :, 1:-1, 1:-1].flatten(2)).unflatten(2, (size, size))
    return weight


def network() -> nn.Module:
    """Untrained, cut out of the large one."""
    return Supernet().cut()
