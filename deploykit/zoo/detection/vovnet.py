# /// deploykit
# [model]
# name = "vovnet"
# license = "MIT"
#
# [task]
# type = "tensors"
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
# type = "tensor"
#
# [paper]
# title = "An Energy and GPU-Computation Efficient Backbone Network for Real-Time Object Detection"
# year = 2019
#
# [zoo]
# packages = ["pytorchcv>=0.0.74,<0.1"]
# notes = [
#   "The backbone as it is trained on ImageNet, with 1000 scores; the paper's figures are of whole detectors.",
#   "A detector's head takes the maps of its last three stages.",
# ]
# ///
"""VoVNet-27-slim: what a stage's convolutions found is joined once, at its end."""

from __future__ import annotations

from pytorchcv.model_provider import get_model
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return get_model("vovnet27s")


def pretrained() -> nn.Module:
    """With pytorchcv's weights."""
    return get_model("vovnet27s", pretrained=True)
