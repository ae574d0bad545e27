# /// deploykit
# [model]
# name = "fbnet"
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
# title = "FBNet: Hardware-Aware Efficient ConvNet Design via Differentiable Neural Architecture Search"
# year = 2019
# parameters = 5_500_000
# multiply_adds = 375e6
# table = "Table 3, FBNet-C"
#
# [zoo]
# classes = 1000
# ///
"""FBNet-C: found by a gradient search that weighs each block by its time on a phone."""

from __future__ import annotations

import timm
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return timm.create_model("fbnetc_100")


def pretrained() -> nn.Module:
    """With timm's weights."""
    return timm.create_model("fbnetc_100", pretrained=True)
