# /// deploykit
# [model]
# name = "sinet"
# license = "MIT"
#
# [task]
# type = "segmentation"
# labels = ["background", "person"]
#
# [input.image]
# type = "image"
# size = [256, 256]
# resize = "bilinear"
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.scores]
# type = "class-map"
#
# [paper]
# title = """SINet: Extreme Lightweight Portrait Segmentation Networks with Spatial Squeeze Modules and \
#   Information Blocking Decoder"""
# year = 2019
# parameters = 86_900
# table = "results on EG1800, SINet"
#
# [zoo]
# packages = ["pytorchcv>=0.0.74,<0.1"]
# difference = "pytorchcv has the network for street scenes, with more channels, and a head for two labels here."
# notes = ["The paper takes pictures of 224 pixels; this one needs multiples of 64."]
# ///
"""SINet: a person's outline from a network of a tenth of a million numbers, with windows of two sizes at once."""

from __future__ import annotations

from pytorchcv.model_provider import get_model
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return get_model("sinet_cityscapes", num_classes=2, in_size=(256, 256), aux=False)
