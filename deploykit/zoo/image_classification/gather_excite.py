# /// deploykit
# [model]
# name = "gather-excite"
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
# title = "Gather-Excite: Exploiting Feature Context in Convolutional Neural Networks"
# year = 2018
# parameters = 25_600_000
# table = "ResNet-50, GE-θ⁻"
#
# [zoo]
# classes = 1000
# notes = ["Gathering goes over the whole map (global extent); smaller extents would need a resize to nearest."]
# ///
"""GE-θ⁻ ResNet-50: every block's output is scaled by the sigmoid of its own mean; not one parameter more."""

from __future__ import annotations

from functools import partial

import timm
from timm.layers import GatherExcite
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    gather = partial(GatherExcite, extra_params=False, extent=0, use_mlp=False)
    return timm.create_model("resnet50", block_args={"attn_layer": gather})
