# /// deploykit
# [model]
# name = "mgd"
# license = "MIT"
#
# [task]
# type = "segmentation"
# labels = [
#   "road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign", "vegetation",
#   "terrain", "sky", "person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle",
# ]
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
# title = "Multi-Granularity Distillation Scheme Towards Lightweight Semi-Supervised Semantic Segmentation"
# year = 2022
#
# [zoo]
# packages = ["segmentation-models-pytorch>=0.6,<0.7"]
# notes = ["What the paper adds is the training; the network is its student."]
# ///
"""MGD's student: DeepLabV3+ on a MobileNetV2, taught by a deep and a wide teacher with few labels."""

from __future__ import annotations

import segmentation_models_pytorch as smp
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return smp.DeepLabV3Plus("mobilenet_v2", encoder_weights=None, classes=19)
