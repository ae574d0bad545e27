# /// deploykit
# [model]
# name = "panoptic-fpn"
# license = "MIT"
#
# [task]
# type = "segmentation"
#
# [input.image]
# type = "image"
# size = [512, 512]
# resize = "bilinear"
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.scores]
# type = "class-map"
#
# [paper]
# title = "Panoptic Feature Pyramid Networks"
# year = 2019
#
# [zoo]
# packages = ["segmentation-models-pytorch>=0.6,<0.7"]
# classes = 54
# notes = ["The instance branch, Mask R-CNN, is left out: how many boxes it finds depends on the picture."]
# ///
"""Panoptic FPN's semantic branch: all levels of a feature pyramid, brought to one size and added."""

from __future__ import annotations

import segmentation_models_pytorch as smp
from torch import nn


def network() -> nn.Module:
    """Untrained; COCO's 53 kinds of stuff, and one for all things."""
    return smp.FPN("resnet50", encoder_weights=None, classes=54)
