# /// deploykit
# [model]
# name = "nasnet"
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
# title = "Learning Transferable Architectures for Scalable Image Recognition"
# year = 2017
# parameters = 5_300_000
# multiply_adds = 564e6
# table = "Table 3, NASNet-A (4 @ 1056)"
#
# [zoo]
# packages = ["pytorchcv>=0.0.74,<0.1"]
# classes = 1000
# ///
"""NASNet-A Mobile: cells that were searched on small pictures and stacked for large ones."""

from __future__ import annotations

from pytorchcv.model_provider import get_model
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return get_model("nasnet_4a1056")


def pretrained() -> nn.Module:
    """With pytorchcv's weights."""
    return get_model("nasnet_4a1056", pretrained=True)
