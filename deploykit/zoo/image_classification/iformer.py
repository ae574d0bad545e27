# /// deploykit
# [model]
# name = "iformer"
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
# title = "iFormer: Integrating ConvNet and Transformer for Mobile Application"
# year = 2025
# parameters = 2_900_000
# table = "results on ImageNet-1k, iFormer-T"
#
# [zoo]
# classes = 1000
# notes = ["Norms and layer scales are folded into the convolutions by the network's own fuse()."]
# ///
"""iFormer-T: ConvNeXt's blocks made lean, and late stages with one head of attention that modulates."""

from __future__ import annotations

import timm
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return timm.create_model("iformer_t")


def pretrained() -> nn.Module:
    """With timm's weights."""
    return timm.create_model("iformer_t", pretrained=True)
