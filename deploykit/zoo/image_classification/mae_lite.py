# /// deploykit
# [model]
# name = "mae-lite"
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
# crop_fraction = 0.9
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.scores]
# type = "scores"
#
# [paper]
# title = "A Closer Look at Self-Supervised Lightweight Vision Transformers"
# year = 2023
#
# [zoo]
# classes = 1000
# notes = [
#   "The paper's gain is in the pre-training; the network is DeiT-Tiny with 12 heads.",
#   "Trained weights are the authors' and in no package: give them with --weights.",
# ]
# ///
"""MAE-Lite's ViT-Tiny: the plain transformer, small, and pre-trained by filling in masked patches."""

from __future__ import annotations

import timm
from torch import nn


def network() -> nn.Module:
    """Untrained; with the paper's 12 heads where timm's ViT-Tiny has 3."""
    return timm.create_model("vit_tiny_patch16_224", num_heads=12)
