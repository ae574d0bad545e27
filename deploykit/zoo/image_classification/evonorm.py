# /// deploykit
# [model]
# name = "evonorm"
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
# title = "Evolving Normalization-Activation Layers"
# year = 2020
#
# [zoo]
# classes = 1000
# notes = [
#   "The layer cannot be folded into a convolution: the deviation of each group is computed on the phone.",
#   "Layers that MobileNetV2 has no activation behind have only the scale and the shift.",
# ]
# ///
"""MobileNetV2 with EvoNorm-S0: norm and activation are one layer that a search found, with no batch in it."""

from __future__ import annotations

from functools import partial

import timm
from timm.layers import EvoNorm2dS0
from torch import nn


def network() -> nn.Module:
    """Untrained; groups have 8 channels, which divide every width of MobileNetV2."""
    return timm.create_model("mobilenetv2_100", norm_layer=partial(EvoNorm2dS0, group_size=8))
