# /// deploykit
# [model]
# name = "mobilenetv1"
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
# mean = [0.5, 0.5, 0.5]
# std = [0.5, 0.5, 0.5]
#
# [output.scores]
# type = "scores"
#
# [paper]
# title = "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications"
# year = 2017
# parameters = 4_200_000
# multiply_adds = 569e6
# table = "Table 8, 1.0 MobileNet-224"
#
# [zoo]
# classes = 1000
# ///
"""MobileNet: depthwise separable convolutions, the first network made for phones."""

from __future__ import annotations

import timm
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return timm.create_model("mobilenetv1_100")


def pretrained() -> nn.Module:
    """With timm's weights."""
    return timm.create_model("mobilenetv1_100", pretrained=True)
