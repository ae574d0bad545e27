# /// deploykit
# [model]
# name = "srcnn"
# license = "Apache-2.0"
#
# [task]
# type = "image-to-image"
# verb = "upscale"
#
# [input.image]
# type = "image"
# size = [256, 256]
# color = "gray"
# resize = "bicubic"
#
# [output.picture]
# type = "picture"
#
# [paper]
# title = "Image Super-Resolution Using Deep Convolutional Networks"
# year = 2015
# parameters = 8032
# table = "Section 4.3.2, 9-1-5; the weights without the biases"
#
# [zoo]
# notes = [
#     "Takes a picture that was enlarged bicubically before: that is the SDK's resizing to the input's size.",
#     "Sees brightness only, as in the paper: an app enlarges the colours bicubically and joins them again.",
#     "Borders are padded with zeros, so that the picture keeps its size.",
# ]
# ///
"""SRCNN 9-1-5: three convolutions that sharpen an enlarged picture, the first network for super-resolution."""

from __future__ import annotations

from torch import nn


def network() -> nn.Module:
    """Untrained."""
    return nn.Sequential(
        nn.Conv2d(1, 64, 9, padding=4),  # patches
        nn.ReLU(),
        nn.Conv2d(64, 32, 1),  # their mapping
        nn.ReLU(),
        nn.Conv2d(32, 1, 5, padding=2),  # reconstruction
    )
