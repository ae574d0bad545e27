# /// deploykit
# [model]
# name = "lighthubert"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.waveform]
# type = "tensor"
# shape = [1, 16000]
# range = [-1.0, 1.0]
#
# [output.features]
# type = "tensor"
#
# [paper]
# title = "LightHuBERT: Lightweight and Configurable Speech Representation Learning with Once-for-All Hidden-Unit BERT"
# year = 2022
# parameters = 27_000_000
# table = "results on SUPERB, LightHuBERT small"
#
# [zoo]
# packages = ["transformers>=5.20,<6"]
# notes = [
#   "One second at 16 kHz. The network is what is cut out; cutting it out of the large one is not shown.",
#   "Width 384, 12 layers and 6 heads make the parameters that the paper states; its exact choice was not looked up.",
# ]
# ///
"""LightHuBERT's small network: HuBERT cut out of a larger one that holds all widths; features of speech."""

from __future__ import annotations

import torch
from torch import nn
from transformers import HubertConfig, HubertModel


class Features(nn.Module):
    """The last layer's features, one row for 20 ms."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = self.network(waveform).last_hidden_state
        return features


def network() -> nn.Module:
    """Untrained, in the size that is cut out."""
    config = HubertConfig(hidden_size=384, num_hidden_layers=12, num_attention_heads=6, intermediate_size=1536)
    network = HubertModel(config)
    del network.masked_spec_embed  # of the training
    return Features(network)
