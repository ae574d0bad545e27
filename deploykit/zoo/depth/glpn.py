# /// deploykit
# [model]
# name = "glpn"
# license = "Apache-2.0"
#
# [task]
# type = "image-to-image"
# verb = "estimateDepth"
#
# [input.image]
# type = "image"
# size = [480, 640]
# resize = "bilinear"
#
# [output.depth]
# type = "picture"
# range = [0.0, 10.0]
#
# [paper]
# title = "Global-Local Path Networks for Monocular Depth Estimation with Vertical CutDepth"
# year = 2022
# parameters = 62_000_000
# table = "comparison on NYU Depth v2"
#
# [zoo]
# packages = ["transformers>=5.20,<6"]
# ///
"""GLPN: a hierarchical transformer, and a light decoder that weighs global against local paths; depth in metres."""

from __future__ import annotations

import torch
from torch import nn
from transformers import GLPNConfig, GLPNForDepthEstimation


class Depth(nn.Module):
    """The network with its depth as a picture of one channel."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        depth: torch.Tensor = self.network(image).predicted_depth
        return depth.unsqueeze(1)


def network() -> nn.Module:
    """Untrained; SegFormer's fourth encoder."""
    config = GLPNConfig(depths=[3, 8, 27, 3], hidden_sizes=[64, 128, 320, 512])
    return Depth(GLPNForDepthEstimation(config))


def pretrained() -> nn.Module:
    """With its authors' weights for rooms (NYU Depth v2)."""
    return Depth(GLPNForDepthEstimation.from_pretrained("vinvino02/glpn-nyu"))
