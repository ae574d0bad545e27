# /// deploykit
# [model]
# name = "sparsebytenn"
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
# title = "SparseByteNN: A Novel Mobile Inference Acceleration Framework Based on Fine-Grained Group Sparsity"
# year = 2023
#
# [zoo]
# classes = 1000
# notes = [
#   "The groups are pruned by size without training, which shows the form and not the accuracy.",
#   "Zeros are stored as numbers: the paper's kernels and its order of channels are its own engine's.",
# ]
# ///
"""MobileNet with 30 % of its weights zero in small groups, as SparseByteNN's kernels take them."""

from __future__ import annotations

import timm
import torch
from torch import nn

GROUP = 4
"""Neighbouring output channels that keep or lose a weight together."""


def network() -> nn.Module:
    """Untrained, without the weakest 30 % of the groups of each 1×1 convolution."""
    network = timm.create_model("mobilenetv1_100")
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.kernel_size == (1, 1):
            _prune(module.weight.data.flatten(1), 0.3)
    return network


def _prune(weight: torch.Tensor, share: float) -> None:
    """Makes the groups with the least sum of sizes zero, in place; weight: outputs × inputs."""
    groups = weight.view(-1, GROUP, weight.shape[1])
    strength = groups.abs().sum(1)
    least = strength.flatten().kthvalue(round(strength.numel() * share)).values
    groups *= (strength > least).unsqueeze(1)
