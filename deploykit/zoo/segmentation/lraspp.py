# /// deploykit
# [model]
# name = "lraspp"
# license = "BSD-3-Clause"
#
# [task]
# type = "segmentation"
# labels = [
#   "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
#   "dining table", "dog", "horse", "motorbike", "person", "potted plant", "sheep", "sofa", "train", "tv monitor",
# ]
#
# [input.image]
# type = "image"
# size = [520, 520]
# resize = "bilinear"
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.scores]
# type = "class-map"
#
# [paper]
# title = "Searching for MobileNetV3"
# year = 2019
#
# [zoo]
# notes = [
#   "The paper's figures are for Cityscapes, with 19 labels; torchvision's network has Pascal VOC's 21.",
#   "mobilenetv3 is the classifier of the same paper.",
# ]
# ///
"""LR-ASPP on MobileNetV3-Large: the paper's head for segmentation, light and with a shortcut from a fine map."""

from __future__ import annotations

import torch
import torchvision
from torch import nn


class Scores(nn.Module):
    """The network with its scores alone."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.network(image)["out"]
        return scores


def network() -> nn.Module:
    """Untrained."""
    make = torchvision.models.segmentation.lraspp_mobilenet_v3_large
    return Scores(make(weights=None, weights_backbone=None))


def pretrained() -> nn.Module:
    """With torchvision's weights: COCO's pictures with the labels of Pascal VOC."""
    return Scores(torchvision.models.segmentation.lraspp_mobilenet_v3_large(weights="DEFAULT"))
