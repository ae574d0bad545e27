# /// deploykit
# [model]
# name = "approxdet"
# license = "BSD-3-Clause"
#
# [task]
# type = "object-detection"
# labels = ["proposal"]
#
# [input.image]
# type = "image"
# size = [320, 320]
# resize = "bilinear"
# mean = [0.485, 0.456, 0.406]
# std = [0.229, 0.224, 0.225]
#
# [output.boxes]
# type = "boxes"
# corners = "cxcywh"
# scores = "scores"
# overlap = 0.7
#
# [output.scores]
# type = "tensor"
#
# [paper]
# title = "ApproxDet: Content and Contention-Aware Approximate Object Detection for Mobiles"
# year = 2020
#
# [zoo]
# notes = [
#   "The paper's detector is Faster R-CNN on ResNet-50; torchvision's on MobileNetV3 is lighter and is taken here.",
#   "Its second stage is left out: it takes a number of proposals that is known at run time only.",
#   "The scheduler, which chooses size, proposals and how often to detect, and the trackers between are the app's.",
# ]
# ///
"""ApproxDet's detector, first stage: a feature pyramid and proposals, for a size that the app's scheduler chooses."""

from __future__ import annotations

import torch
from torch import nn
from torchvision.models.detection import fasterrcnn_mobilenet_v3_large_320_fpn
from torchvision.models.detection.image_list import ImageList

SIZE = 320


class Proposals(nn.Module):
    """Faster R-CNN's backbone and region proposals, with anchors of one size of picture."""

    anchors: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        whole = fasterrcnn_mobilenet_v3_large_320_fpn(weights=None, weights_backbone=None)
        self.backbone, self.head = whole.backbone, whole.rpn.head
        picture = torch.zeros(1, 3, SIZE, SIZE)
        with torch.no_grad():
            maps = list(self.backbone.eval()(picture).values())
        (anchors,) = whole.rpn.anchor_generator(ImageList(picture, [(SIZE, SIZE)]), maps)
        middles, sizes = (anchors[:, :2] + anchors[:, 2:]) / 2, anchors[:, 2:] - anchors[:, :2]
        self.register_buffer("anchors", torch.cat([middles, sizes], 1), persistent=False)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        scores, offsets = self.head(list(self.backbone(image).values()))
        score = torch.cat([_rows(x, 1) for x in scores], 1).sigmoid()
        offset = torch.cat([_rows(x, 4) for x in offsets], 1)
        middles = self.anchors[:, :2] + offset[..., :2] * self.anchors[:, 2:]
        return torch.cat([middles, self.anchors[:, 2:] * offset[..., 2:].clamp(max=4.0).exp()], -1), score


def _rows(x: torch.Tensor, numbers: int) -> torch.Tensor:
    """One row for each anchor of a map."""
    return x.permute(0, 2, 3, 1).reshape(len(x), -1, numbers)


def network() -> nn.Module:
    """Untrained."""
    return Proposals()
