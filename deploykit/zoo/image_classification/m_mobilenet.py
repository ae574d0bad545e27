# /// deploykit
# [model]
# name = "m-mobilenet"
# license = "Apache-2.0"
#
# [task]
# type = "image-classification"
#
# [input.image]
# type = "image"
# size = [224, 224]
# resize = "bicubic"
# crop = "center"
# crop_fraction = 0.875
# mean = [0.5, 0.5, 0.5]
# std = [0.5, 0.5, 0.5]
#
# [output.scores]
# type = "scores"
#
# [paper]
# title = "Lightweight Fish Classification Model for Sustainable Marine Management: Indonesian Case"
# year = 2024
#
# [zoo]
# classes = 667
# notes = [
#   "The data set has 667 species; whether a species may be eaten is the app's table by label.",
#   "The paper states 531 k parameters for the head; the hidden layer is as wide as that makes it.",
# ]
# ///
"""M-MobileNet: MobileNet with a small head of its own that tells fish by species."""

from __future__ import annotations

import timm
from torch import nn

SPECIES = 667


class Head(nn.Sequential):
    """One hidden layer with swish and a norm."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__(nn.Linear(channels, hidden), nn.BatchNorm1d(hidden), nn.SiLU(), nn.Linear(hidden, SPECIES))


def network() -> nn.Module:
    """Untrained."""
    network = timm.create_model("mobilenetv1_100")
    network.classifier = Head(network.num_features, 313)
    return network
