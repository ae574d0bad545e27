# /// deploykit
# [model]
# name = "regnet"
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
# crop_fraction = 0.966
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.scores]
# type = "scores"
#
# [paper]
# title = "Designing Network Design Spaces"
# year = 2020
# parameters = 4_300_000
# multiply_adds = 0.4e9
# table = "results in the mobile regime, RegNetY-400MF"
#
# [zoo]
# classes = 1000
# ///
"""RegNetY-400MF: widths on a line that a search over whole families of networks found."""

from __future__ import annotations

import torchvision
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return torchvision.models.regnet_y_400mf()


def pretrained() -> nn.Module:
    """With torchvision's weights."""
    return torchvision.models.regnet_y_400mf(weights="DEFAULT")
