# /// deploykit
# [model]
# name = "mobileone"
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
# crop_fraction = 0.9
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.scores]
# type = "scores"
#
# [paper]
# title = "MobileOne: An Improved One millisecond Mobile Backbone"
# year = 2022
# parameters = 2_100_000
# multiply_adds = 275e6
# table = "Table 9, MobileOne-S0"
#
# [zoo]
# classes = 1000
# notes = ["The branches are folded into one convolution each before anything is converted; that is what is counted."]
# ///
"""MobileOne-S0: convolutions with branches for training that are one convolution on the phone."""

from __future__ import annotations

import timm
from torch import nn


def network() -> nn.Module:
    """Untrained, with its branches: deploykit folds them by the network's own method."""
    return timm.create_model("mobileone_s0")


def pretrained() -> nn.Module:
    """With timm's weights."""
    return timm.create_model("mobileone_s0", pretrained=True)
