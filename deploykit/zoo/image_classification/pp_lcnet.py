# /// deploykit
# [model]
# name = "pp-lcnet"
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
# title = "PP-LCNet: A Lightweight CPU Convolutional Neural Network"
# year = 2021
# parameters = 3_000_000
# multiply_adds = 161e6
# table = "results on ImageNet, PP-LCNet-1x"
#
# [zoo]
# classes = 1000
# ///
"""PP-LCNet 1.0x: what is fast on CPUs only, with hard swish and a few large kernels at the end."""

from __future__ import annotations

import timm
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return timm.create_model("lcnet_100")


def pretrained() -> nn.Module:
    """With timm's weights."""
    return timm.create_model("lcnet_100", pretrained=True)
