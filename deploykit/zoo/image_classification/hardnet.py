# /// deploykit
# [model]
# name = "hardnet"
# license = "MIT"
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
# title = "HarDNet: A Low Memory Traffic Network"
# year = 2019
# parameters = 3_500_000
# table = "results on ImageNet, HarDNet-39DS"
#
# [zoo]
# packages = ["pytorchcv>=0.0.74,<0.1"]
# classes = 1000
# ///
"""HarDNet-39DS: dense connections thinned to powers of two, so that fewer maps are read again."""

from __future__ import annotations

from pytorchcv.model_provider import get_model
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return get_model("hardnet39ds")


def pretrained() -> nn.Module:
    """With pytorchcv's weights."""
    return get_model("hardnet39ds", pretrained=True)
