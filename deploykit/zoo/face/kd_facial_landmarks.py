# /// deploykit
# [model]
# name = "kd-facial-landmarks"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.image]
# type = "image"
# size = [224, 224]
# resize = "bicubic"
#
# [output.points]
# type = "keypoints"
#
# [paper]
# title = "Facial Landmark Points Detection Using Knowledge Distillation-Based Neural Networks"
# year = 2021
#
# [zoo]
# notes = [
#   "The picture is a face that another network found and cut out; the points are in its coordinates.",
#   "What the paper adds is the loss of the training; the network is its student.",
# ]
# ///
"""A MobileNetV2 that gives the 68 points of a face, taught by two teachers."""

from __future__ import annotations

import timm
import torch
from torch import nn

POINTS = 68


class Student(nn.Module):
    """The network with its numbers as rows of x and y."""

    def __init__(self) -> None:
        super().__init__()
        self.network = timm.create_model("mobilenetv2_100", num_classes=2 * POINTS)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        points: torch.Tensor = self.network(image).unflatten(1, (POINTS, 2))
        return points


def network() -> nn.Module:
    """Untrained."""
    return Student()
