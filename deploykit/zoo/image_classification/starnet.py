# /// deploykit
# [model]
# name = "starnet"
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
# title = "Rewrite the Stars"
# year = 2024
# parameters = 2_900_000
# multiply_adds = 425e6
# table = "results on ImageNet-1K, StarNet-S1"
#
# [zoo]
# classes = 1000
# ///
"""StarNet-S1: two linear branches multiplied, and hardly anything else."""

from __future__ import annotations

import timm
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return timm.create_model("starnet_s1")


def pretrained() -> nn.Module:
    """With timm's weights."""
    return timm.create_model("starnet_s1", pretrained=True)
