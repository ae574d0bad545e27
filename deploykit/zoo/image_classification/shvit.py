# /// deploykit
# [model]
# name = "shvit"
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
# title = "SHViT: Single-Head Vision Transformer with Memory Efficient Macro Design"
# year = 2024
# parameters = 6_300_000
# multiply_adds = 241e6
# table = "results on ImageNet-1K, SHViT-S1"
#
# [zoo]
# classes = 1000
# notes = ["Norms are folded into the convolutions by the network's own fuse(); that is what is counted."]
# ///
"""SHViT-S1: one head of attention on a part of the channels, behind a stem with steps of 16 pixels."""

from __future__ import annotations

import timm
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return timm.create_model("shvit_s1")


def pretrained() -> nn.Module:
    """With timm's weights."""
    return timm.create_model("shvit_s1", pretrained=True)
