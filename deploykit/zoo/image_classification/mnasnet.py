# /// deploykit
# [model]
# name = "mnasnet"
# license = "Apache-2.0"
#
# [task]
# type = "image-classification"
#
# [input.image]
# type = "image"
# size = [224, 224]
# resize = "bicubic"
# crop = "center"
# crop_fraction = 0.875
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.scores]
# type = "scores"
#
# [paper]
# title = "MnasNet: Platform-Aware Neural Architecture Search for Mobile"
# year = 2019
# parameters = 3_900_000
# multiply_adds = 312e6
# table = "Table 1, MnasNet-A1"
#
# [zoo]
# classes = 1000
# ///
"""MnasNet-A1: found by a search that runs each candidate on a phone."""

from __future__ import annotations

import timm
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return timm.create_model("semnasnet_100")


def pretrained() -> nn.Module:
    """With timm's weights."""
    return timm.create_model("semnasnet_100", pretrained=True)
