# /// deploykit
# [model]
# name = "efficientformer"
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
# crop_fraction = 0.95
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.scores]
# type = "scores"
#
# [paper]
# title = "EfficientFormer: Vision Transformers at MobileNet Speed"
# year = 2022
# parameters = 12_300_000
# multiply_adds = 1.3e9
# table = "Table 1, EfficientFormer-L1"
#
# [zoo]
# classes = 1000
# notes = ["Both heads, of the labels and of the teacher, are in the network; their scores are averaged."]
# ///
"""EfficientFormer-L1: pooling mixes tokens in pictures' layout first, attention follows in one block of tokens."""

from __future__ import annotations

import timm
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return timm.create_model("efficientformer_l1")


def pretrained() -> nn.Module:
    """With timm's weights."""
    return timm.create_model("efficientformer_l1", pretrained=True)
