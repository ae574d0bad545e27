# /// deploykit
# [model]
# name = "next-vit"
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
# title = "Next-ViT: Next Generation Vision Transformer for Efficient Deployment in Realistic Industrial Scenarios"
# year = 2022
# parameters = 31_700_000
# multiply_adds = 5.8e9
# table = "results on ImageNet-1K, Next-ViT-S"
#
# [zoo]
# classes = 1000
# notes = ["Norms are folded into the layers behind them by the blocks' own methods."]
# ///
"""Next-ViT-S: grouped convolutions as attention first, attention over pooled keys last."""

from __future__ import annotations

import timm
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return timm.create_model("nextvit_small")


def pretrained() -> nn.Module:
    """With timm's weights."""
    return timm.create_model("nextvit_small", pretrained=True)
