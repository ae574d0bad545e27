# /// deploykit
# [model]
# name = "mobilellm"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.tokens]
# type = "tensor"
# shape = [1, 64]
# dtype = "int64"
# range = [0, 31999]
#
# [output.scores]
# type = "tokens"
#
# [paper]
# title = "MobileLLM: Optimizing Sub-billion Parameter Language Models for On-Device Use Cases"
# year = 2024
# parameters = 124_600_000
# table = "MobileLLM-125M"
#
# [zoo]
# packages = ["transformers>=5.20,<6"]
# notes = [
#   "64 tokens at once, without a cache of keys and values: an app reads the scores behind the last one.",
#   "The word pieces are the app's. Sharing blocks of neighbouring layers (MobileLLM-LS) is not shown.",
# ]
# ///
"""MobileLLM-125M: a language model that is deep and thin, with few keys and one table for words in and out."""

from __future__ import annotations

import torch
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM


class NextToken(nn.Module):
    """The network without a cache: scores of what follows each token."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.network(input_ids=tokens, use_cache=False).logits
        return scores


def network() -> nn.Module:
    """Untrained."""
    config = LlamaConfig(
        vocab_size=32000,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
    )
    return NextToken(LlamaForCausalLM(config))
