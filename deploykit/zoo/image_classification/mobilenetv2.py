# /// deploykit
# [model]
# name = "mobilenetv2"
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
# title = "MobileNetV2: Inverted Residuals and Linear Bottlenecks"
# year = 2018
# parameters = 3_400_000
# multiply_adds = 300e6
# table = "Table 4, MobileNetV2"
#
# [zoo]
# classes = 1000
# difference = "The layers of the paper's Table 2 have 3.47 M weights without norms and biases; it states 3.4 M."
# ///
"""MobileNetV2: inverted residuals around linear bottlenecks."""

from __future__ import annotations

import timm
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return timm.create_model("mobilenetv2_100")


def pretrained() -> nn.Module:
    """With timm's weights."""
    return timm.create_model("mobilenetv2_100", pretrained=True)
