# /// deploykit
# [model]
# name = "efficientvit"
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
# title = "EfficientViT: Memory Efficient Vision Transformer with Cascaded Group Attention"
# year = 2023
# parameters = 2_300_000
# multiply_adds = 79e6
# table = "Table 2, EfficientViT-M0"
#
# [zoo]
# classes = 1000
# notes = ["Another EfficientViT, with linear attention, has the same name; this is the one with cascaded groups."]
# ///
"""EfficientViT-M0: each head of attention sees its share of the channels and what the head before it found."""

from __future__ import annotations

import timm
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return timm.create_model("efficientvit_m0")


def pretrained() -> nn.Module:
    """With timm's weights."""
    return timm.create_model("efficientvit_m0", pretrained=True)
