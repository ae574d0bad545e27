# /// deploykit
# [model]
# name = "ghostnetv2"
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
# title = "GhostNetV2: Enhance Cheap Operation with Long-Range Attention"
# year = 2022
# parameters = 6_100_000
# multiply_adds = 167e6
# table = "results on ImageNet, GhostNetV2 1.0x"
#
# [zoo]
# classes = 1000
# ///
"""GhostNetV2: cheap features, and an attention from two long thin depthwise convolutions."""

from __future__ import annotations

import timm
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return timm.create_model("ghostnetv2_100")


def pretrained() -> nn.Module:
    """With timm's weights."""
    return timm.create_model("ghostnetv2_100", pretrained=True)
