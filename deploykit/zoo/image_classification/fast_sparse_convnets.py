# /// deploykit
# [model]
# name = "fast-sparse-convnets"
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
# title = "Fast Sparse ConvNets"
# year = 2019
#
# [zoo]
# classes = 1000
# notes = [
#   "The weights are pruned by size without training, which shows the form and not the accuracy.",
#   "Zeros are stored as numbers: deploykit writes no lists of indices, which XNNPACK needs to skip them.",
#   "The first convolution and the classifier stay dense, as in the paper.",
# ]
# ///
"""MobileNet with nine in ten weights of its 1×1 convolutions zero, for kernels that skip zeros."""

from __future__ import annotations

import timm
import torch
from torch import nn


def network() -> nn.Module:
    """Untrained, with the largest tenth of each 1×1 convolution's weights."""
    network = timm.create_model("mobilenetv1_100")
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.kernel_size == (1, 1):
            _prune(module.weight, 0.9)
    return network


def _prune(weight: torch.Tensor, share: float) -> None:
    """Makes the smallest weights zero, wherever they stand."""
    kept = round(weight.numel() * (1 - share))
    least = weight.detach().abs().flatten().topk(kept).values[-1]
    weight.data[weight.abs() < least] = 0
