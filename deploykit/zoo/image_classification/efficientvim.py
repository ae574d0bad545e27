# /// deploykit
# [model]
# name = "efficientvim"
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
# title = "EfficientViM: Efficient Vision Mamba with Hidden State Mixer based State Space Duality"
# year = 2024
# parameters = 6_700_000
# multiply_adds = 239e6
# table = "results on ImageNet-1k, EfficientViM-M1"
#
# [zoo]
# classes = 1000
# notes = ["Scores of all stages are added with learned weights."]
# ///
"""EfficientViM-M1: a state space model whose hidden states are mixed, not its tokens; no scan is left in it."""

from __future__ import annotations

import timm
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return timm.create_model("efficientvim_m1")


def pretrained() -> nn.Module:
    """With timm's weights."""
    return timm.create_model("efficientvim_m1", pretrained=True)
