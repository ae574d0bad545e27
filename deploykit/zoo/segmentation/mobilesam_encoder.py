# /// deploykit
# [model]
# name = "mobilesam-encoder"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.image]
# type = "image"
# size = [1024, 1024]
# crop = "letterbox"
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.embedding]
# type = "tensor"
#
# [paper]
# title = "Faster Segment Anything: Towards Lightweight SAM for Mobile Applications"
# year = 2023
# parameters = 5_780_000
# table = "image encoder of MobileSAM"
#
# [zoo]
# notes = [
#   "mobilesam-decoder makes masks of the embedding and of points.",
#   "SAM puts the picture into the upper left corner and pads below and right of it; here it is in the middle.",
# ]
# ///
"""MobileSAM's encoder: TinyViT in place of SAM's large transformer; runs once for a picture."""

from __future__ import annotations

import timm
import torch
from torch import nn


class LayerNorm(nn.LayerNorm):
    """Over the channels of a map."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Encoder(nn.Module):
    """TinyViT-5M whose last stage keeps its size, and SAM's neck."""

    def __init__(self, channels: int = 256) -> None:
        super().__init__()
        self.network = timm.create_model("tiny_vit_5m_224", num_classes=0)
        self.network.stages[3].downsample.conv2.conv.stride = (1, 1)
        self.neck = nn.Sequential(
            nn.Conv2d(self.network.num_features, channels, 1, bias=False),
            LayerNorm(channels),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            LayerNorm(channels),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.network.stages(self.network.patch_embed(image))
        embedding: torch.Tensor = self.neck(x)
        return embedding


def network() -> nn.Module:
    """Untrained."""
    return Encoder()
