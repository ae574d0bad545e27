# /// deploykit
# [model]
# name = "fd-mobilenet"
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
# title = "FD-MobileNet: Improved MobileNet with a Fast Downsampling Strategy"
# year = 2018
# multiply_adds = 144e6
# table = "results on ImageNet, FD-MobileNet 1×"
#
# [zoo]
# packages = ["pytorchcv>=0.0.74,<0.1"]
# classes = 1000
# ///
"""FD-MobileNet 1×: MobileNet that shrinks the picture by 32 within its first 12 layers."""

from __future__ import annotations

from pytorchcv.model_provider import get_model
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return get_model("fdmobilenet_w1")


def pretrained() -> nn.Module:
    """With pytorchcv's weights."""
    return get_model("fdmobilenet_w1", pretrained=True)
