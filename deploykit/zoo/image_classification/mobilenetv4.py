# /// deploykit
# [model]
# name = "mobilenetv4"
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
# title = "MobileNetV4 -- Universal Models for the Mobile Ecosystem"
# year = 2024
# parameters = 3_800_000
# multiply_adds = 0.2e9
# table = "results on ImageNet-1K, MNv4-Conv-S"
#
# [zoo]
# classes = 1000
# notes = ["Mobile MQA, the paper's attention with one key for all heads, is in timm's mobilenetv4_hybrid_medium."]
# ///
"""MobileNetV4-Conv-S: universal inverted bottlenecks, chosen for many accelerators at once."""

from __future__ import annotations

import timm
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return timm.create_model("mobilenetv4_conv_small")


def pretrained() -> nn.Module:
    """With timm's weights."""
    return timm.create_model("mobilenetv4_conv_small", pretrained=True)
