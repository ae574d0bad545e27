# /// deploykit
# [model]
# name = "densenet"
# license = "BSD-3-Clause"
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
# title = "Densely Connected Convolutional Networks"
# year = 2016
#
# [zoo]
# classes = 1000
# notes = ["The paper draws its sizes as curves; torchvision states 7,978,856 parameters and 2.83 G multiply-adds."]
# ///
"""DenseNet-121: each layer sees the maps of all layers before it."""

from __future__ import annotations

import torchvision
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return torchvision.models.densenet121()


def pretrained() -> nn.Module:
    """With torchvision's weights."""
    return torchvision.models.densenet121(weights="DEFAULT")
