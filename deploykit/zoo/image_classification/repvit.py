# /// deploykit
# [model]
# name = "repvit"
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
# title = "RepViT: Revisiting Mobile CNN From ViT Perspective"
# year = 2023
# parameters = 6_800_000
# multiply_adds = 1.1e9
# table = "results on ImageNet-1K, RepViT-M1.0"
#
# [zoo]
# classes = 1000
# notes = ["Branches, norms and both heads are folded by the network's own fuse(); that is what is counted."]
# ///
"""RepViT-M1.0: a MobileNet rebuilt block by block after transformers, its branches folded for the phone."""

from __future__ import annotations

import timm
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return timm.create_model("repvit_m1_0")


def pretrained() -> nn.Module:
    """With timm's weights."""
    return timm.create_model("repvit_m1_0", pretrained=True)
