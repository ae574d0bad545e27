# /// deploykit
# [model]
# name = "shufflenetv2"
# license = "BSD-3-Clause"
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
# title = "ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design"
# year = 2018
# multiply_adds = 146e6
# table = "Table 8, ShuffleNet v2 1×"
#
# [zoo]
# classes = 1000
# ///
"""ShuffleNet V2 1×: half of the channels go by, then all are shuffled."""

from __future__ import annotations

import torchvision
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return torchvision.models.shufflenet_v2_x1_0()


def pretrained() -> nn.Module:
    """With torchvision's weights."""
    return torchvision.models.shufflenet_v2_x1_0(weights="DEFAULT")
