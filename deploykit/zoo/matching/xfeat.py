# /// deploykit
# [model]
# name = "xfeat"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.image]
# type = "image"
# size = [480, 640]
# color = "gray"
#
# [output.descriptors]
# type = "tensor"
#
# [output.keypoints]
# type = "tensor"
#
# [output.reliability]
# type = "tensor"
#
# [paper]
# title = "XFeat: Accelerated Features for Lightweight Image Matching"
# year = 2024
#
# [zoo]
# packages = ["kornia>=0.8,<0.10"]
# notes = [
#   "On a grid of 8 pixels: 64 numbers of a descriptor, 65 scores of where in a cell a keypoint is, a reliability.",
#   "Choosing keypoints, descriptors between cells, and matching (with its small network for offsets) are the app's.",
# ]
# ///
"""XFeat: descriptors, keypoints and their reliability on a grid, fast enough for a laptop's CPU."""

from __future__ import annotations

from kornia.feature.xfeat import XFeat, XFeatModel
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return _dense(XFeatModel())


def pretrained() -> nn.Module:
    """With kornia's weights."""
    return _dense(XFeat.from_pretrained().net)


def _dense(network: nn.Module) -> nn.Module:
    """Without what only matching takes."""
    del network.fine_matcher
    return network
