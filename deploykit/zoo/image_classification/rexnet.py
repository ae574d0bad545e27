# /// deploykit
# [model]
# name = "rexnet"
# license = "MIT"
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
# title = "Rethinking Channel Dimensions for Efficient Model Design"
# year = 2021
# parameters = 4_800_000
# multiply_adds = 0.40e9
# table = "results on ImageNet, ReXNet (×1.0)"
#
# [zoo]
# classes = 1000
# notes = ["Its shortcuts add to a part of the channels only: a slice, a sum and a join."]
# ///
"""ReXNet 1.0x: channels that grow by the same step from block to block."""

from __future__ import annotations

import timm
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return timm.create_model("rexnet_100")


def pretrained() -> nn.Module:
    """With timm's weights."""
    return timm.create_model("rexnet_100", pretrained=True)
