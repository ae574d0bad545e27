# /// deploykit
# [model]
# name = "gcnet"
# license = "Apache-2.0"
#
# [task]
# type = "image-classification"
#
# [input.image]
# type = "image"
# size = [224, 224]
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
# title = "GCNet: Non-local Networks Meet Squeeze-Excitation Networks and Beyond"
# year = 2019
# parameters = 28_080_000
# multiply_adds = 3.87e9
# table = "ImageNet results, GC block in all layers"
#
# [zoo]
# classes = 1000
# notes = [
#   "Global Context Networks (2020) is the same network in a journal; this entry stands for both papers.",
#   "The paper's ResNet-50 halves pictures in 1×1 convolutions, timm's in 3×3 ones: 6 % more multiply-adds here.",
# ]
# ///
"""GC-ResNet-50: each block adds one context to all places of its map, an average weighted by what is there."""

from __future__ import annotations

from functools import partial

import timm
from timm.layers import GlobalContext
from torch import nn


def network() -> nn.Module:
    """Untrained; the bottleneck of the transform has a 16th of the channels."""
    context = partial(GlobalContext, fuse_add=True, fuse_scale=False, rd_ratio=1 / 16, rd_divisor=1)
    return timm.create_model("resnet50", block_args={"attn_layer": context})
