# /// deploykit
# [model]
# name = "convnext"
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
# crop_fraction = 0.95
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.scores]
# type = "scores"
#
# [paper]
# title = "A ConvNet for the 2020s"
# year = 2022
# parameters = 29_000_000
# multiply_adds = 4.5e9
# table = "Table 1, ConvNeXt-T"
#
# [zoo]
# classes = 1000
# notes = ["timm's convnext_atto (3.7 M) and convnext_femto (5.2 M) are smaller; the paper does not have them."]
# ///
"""ConvNeXt-T: a ResNet made as modern as a transformer, with 7×7 depthwise convolutions and layer norms."""

from __future__ import annotations

import timm
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return timm.create_model("convnext_tiny")


def pretrained() -> nn.Module:
    """With timm's weights."""
    return timm.create_model("convnext_tiny", pretrained=True)
