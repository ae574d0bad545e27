# /// deploykit
# [model]
# name = "mobilenetv3-small"
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
# title = "Searching for MobileNetV3"
# year = 2019
# parameters = 2_500_000
# multiply_adds = 56e6
# table = "Table 3, V3-Small 1.0"
#
# [zoo]
# classes = 1000
# ///
"""MobileNetV3-Small: the paper's network for the smallest budgets."""

from __future__ import annotations

import timm
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return timm.create_model("mobilenetv3_small_100")


def pretrained() -> nn.Module:
    """With timm's weights."""
    return timm.create_model("mobilenetv3_small_100", pretrained=True)
