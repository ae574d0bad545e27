# /// deploykit
# [model]
# name = "q-hyvit"
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
# crop_fraction = 0.95
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.scores]
# type = "scores"
#
# [paper]
# title = """Q-HyViT: Post-Training Quantization of Hybrid Vision Transformers with Bridge Block Reconstruction \
#   for IoT Systems"""
# year = 2023
#
# [zoo]
# classes = 1000
# notes = [
#   "The paper is about rounding: build it with --precision int8; its reconstruction of bridge blocks is not done.",
# ]
# ///
"""Q-HyViT's EfficientFormerV2-S0: one of the hybrids that the paper rounds to 8 bits."""

from __future__ import annotations

import timm
from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return timm.create_model("efficientformerv2_s0")


def pretrained() -> nn.Module:
    """With timm's weights."""
    return timm.create_model("efficientformerv2_s0", pretrained=True)
