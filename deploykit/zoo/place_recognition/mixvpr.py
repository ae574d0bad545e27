# /// deploykit
# [model]
# name = "mixvpr"
# license = "Apache-2.0"
#
# [task]
# type = "embedding"
#
# [input.image]
# type = "image"
# size = [320, 320]
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.place]
# type = "embedding"
#
# [paper]
# title = "MixVPR: Feature Mixing for Visual Place Recognition"
# year = 2023
#
# [zoo]
# notes = [
#   "ResNet-50 up to its third stage, four feature mixers, a descriptor of 4096 numbers of length 1",
#   "one size of picture only: a mixer's layers run over all places at once",
#   "finding the nearest of the known places is left to the app",
#   "no number of parameters is verified",
# ]
# ///
"""MixVPR: a place's descriptor by multilayer perceptrons that mix whole feature maps, without attention or pyramids."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional
from torchvision.models import resnet50


class FeatureMixer(nn.Module):
    """A perceptron over all places of a map, beside a shortcut."""

    def __init__(self, places: int) -> None:
        super().__init__()
        self.mix = nn.Sequential(nn.LayerNorm(places), nn.Linear(places, places), nn.ReLU(), nn.Linear(places, places))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = x + self.mix(x)
        return out


class MixVPR(nn.Module):
    """Features, mixers, and projections of depth and of places."""

    def __init__(self, side: int = 20, channels: int = 1024, rows: int = 4, mixers: int = 4) -> None:
        super().__init__()
        trunk = resnet50(weights=None)
        self.trunk = nn.Sequential(
            trunk.conv1, trunk.bn1, trunk.relu, trunk.maxpool, trunk.layer1, trunk.layer2, trunk.layer3
        )
        self.mixers = nn.Sequential(*(FeatureMixer(side * side) for _ in range(mixers)))
        self.depth = nn.Linear(1024, channels)
        self.rows = nn.Linear(side * side, rows)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        maps = self.mixers(self.trunk(image).flatten(2))
        deep = self.depth(maps.transpose(1, 2)).transpose(1, 2)
        return functional.normalize(self.rows(deep).flatten(1), dim=1)


def network() -> nn.Module:
    """Untrained."""
    return MixVPR()
