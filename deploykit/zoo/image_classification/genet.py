# /// deploykit
# [model]
# name = "genet"
# license = "Apache-2.0"
#
# [task]
# type = "image-classification"
#
# [input.image]
# type = "image"
# size = [192, 192]
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
# title = "Neural Architecture Design for GPU-Efficient Networks"
# year = 2020
# parameters = 8_170_000
# multiply_adds = 0.54e9
# table = "GENet-light, at 192 pixels"
#
# [zoo]
# classes = 1000
# notes = ["The authors' repository calls it GENet-small and takes pictures of 192 pixels; timm calls it gernet_s."]
# ///
"""GENet-light: full convolutions early, depthwise ones late, as GPUs like them."""

from __future__ import annotations

import timm
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return timm.create_model("gernet_s")


def pretrained() -> nn.Module:
    """With timm's weights."""
    return timm.create_model("gernet_s", pretrained=True)
