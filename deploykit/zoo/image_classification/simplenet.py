# /// deploykit
# [model]
# name = "simplenet"
# license = "Apache-2.0"
#
# [task]
# type = "image-classification"
# labels = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
#
# [input.image]
# type = "image"
# size = [32, 32]
# crop = "center"
# mean = [0.4914, 0.4822, 0.4465]
# std = [0.247, 0.243, 0.261]
#
# [output.scores]
# type = "scores"
#
# [paper]
# title = "Lets keep it simple, Using simple architectures to outperform deeper and more complex architectures"
# year = 2016
# parameters = 5_480_000
# table = "Comparison on CIFAR-10 and CIFAR-100"
#
# [zoo]
# notes = ["The network for CIFAR-10, of which the title speaks; for ImageNet the authors made wider ones later."]
# ///
"""SimpleNet: thirteen plain convolutions with batch norm, ReLU and max-pooling."""

from __future__ import annotations

from torch import nn

PLAN = ((64, 128, 128, 128), (128, 128, 256), (256, 256), (512, 2048, 256), (256,))
"""Channels of the layers; each group but the last ends in a pooling that halves the size."""
POINTWISE = (2048, 256)
"""Layers of the fourth group that see one pixel only."""


def network() -> nn.Module:
    """Untrained."""
    layers: list[nn.Module] = []
    before = 3
    for index, group in enumerate(PLAN):
        for width in group:
            size = 1 if index == 3 and width in POINTWISE else 3
            layers += [nn.Conv2d(before, width, size, padding=size // 2), nn.BatchNorm2d(width), nn.ReLU()]
            before = width
        layers += [nn.MaxPool2d(2)]  # the last one leaves a single pixel
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(before, 10))
