# /// deploykit
# [model]
# name = "mobilesam-decoder"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.embedding]
# type = "tensor"
# shape = [1, 256, 64, 64]
# range = [-2.0, 2.0]
#
# [input.points]
# type = "tensor"
# shape = [1, 2, 2]
# range = [0.0, 1024.0]
#
# [input.kinds]
# type = "tensor"
# shape = [1, 2]
# dtype = "int32"
# range = [-1, 1]
#
# [output.masks]
# type = "tensor"
#
# [output.quality]
# type = "tensor"
#
# [paper]
# title = "Faster Segment Anything: Towards Lightweight SAM for Mobile Applications"
# year = 2023
# parameters = 3_876_000
# table = "mask decoder of MobileSAM"
#
# [zoo]
# packages = ["transformers>=5.20,<6"]
# difference = "transformers' SAM; the encoder of points and boxes and of a first mask is counted with it."
# notes = [
#   "Two points in pixels of 1024; their kinds are 1 (of the thing), 0 (not of it) and -1 (there is none).",
#   "The three masks are of 256 × 256 scores; above 0 is the thing.",
# ]
# ///
"""MobileSAM's decoder, which is SAM's: masks of what two points show, from the encoder's embedding."""

from __future__ import annotations

import torch
from torch import nn
from transformers import SamConfig, SamModel, SamVisionConfig


class Decoder(nn.Module):
    """SAM without its encoder: prompts, two-way attention, three masks and how good each is."""

    def __init__(self) -> None:
        super().__init__()
        small = SamVisionConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=1, mlp_dim=16)
        self.network = SamModel(SamConfig(vision_config=small.to_dict()))
        self.network.vision_encoder = nn.Identity()

    def forward(
        self, embedding: torch.Tensor, points: torch.Tensor, kinds: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        found = self.network(
            image_embeddings=embedding,
            input_points=points.unsqueeze(1),
            input_labels=kinds.unsqueeze(1),
            multimask_output=True,
        )
        return found.pred_masks[:, 0], found.iou_scores[:, 0]


def network() -> nn.Module:
    """Untrained."""
    return Decoder()
