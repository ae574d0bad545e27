# /// deploykit
# [model]
# name = "lightclip"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.image]
# type = "image"
# size = [224, 224]
# mean = [0.48145466, 0.4578275, 0.40821073]
# std = [0.26862954, 0.26130258, 0.27577711]
#
# [input.tokens]
# type = "tensor"
# shape = [1, 77]
# dtype = "int32"
# range = [0, 49407]
#
# [output.picture]
# type = "embedding"
#
# [output.text]
# type = "embedding"
#
# [paper]
# title = "LightCLIP: Learning Multi-Level Interaction for Lightweight Vision-Language Models"
# year = 2023
#
# [zoo]
# notes = [
#   "the variant on ResNet-18, with CLIP's text transformer made narrow; both vectors have length 1",
#   "depth and width of the text encoder are this entry's choice, as the paper's could not be looked up",
#   "multi-level alignment, masked language modelling and their fusion are training's and left out",
#   "both encoders are one graph; an app with fixed texts keeps their vectors; the tokenizer is the app's",
# ]
# ///
"""LightCLIP: a picture's and a text's vectors in one space, by encoders small enough for phones."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional
from torchvision.models import resnet18

VOCABULARY, LENGTH = 49_408, 77


class Attention(nn.Module):
    """Self-attention of several heads, each token seeing those before it."""

    mask: torch.Tensor

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.mixed = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.register_buffer("mask", torch.full((LENGTH, LENGTH), -1e4).triu(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, length, width = x.shape
        query, key, value = (
            part.view(batch, length, self.heads, -1).transpose(1, 2) for part in self.mixed(x).chunk(3, dim=2)
        )
        scores = torch.matmul(query * (width // self.heads) ** -0.5, key.transpose(2, 3)) + self.mask
        seen = torch.matmul(scores.softmax(dim=3), value)
        out: torch.Tensor = self.out(seen.transpose(1, 2).reshape(batch, length, width))
        return out


class Layer(nn.Module):
    """A transformer's layer, norms first."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention = nn.Sequential(nn.LayerNorm(width), Attention(width, heads))
        self.perceptron = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(x)
        out: torch.Tensor = x + self.perceptron(x)
        return out


class TextEncoder(nn.Module):
    """CLIP's, whose answer is read at the end token: the one with the greatest id."""

    def __init__(self, width: int, depth: int, heads: int, outputs: int) -> None:
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, width)
        self.places = nn.Parameter(torch.randn(1, LENGTH, width) * 0.01)
        self.layers = nn.Sequential(*(Layer(width, heads) for _ in range(depth)), nn.LayerNorm(width))
        self.head = nn.Linear(width, outputs, bias=False)
        nn.init.normal_(self.tokens.weight, std=0.02)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.layers(self.tokens(tokens) + self.places)
        end = (tokens == tokens.amax(dim=1, keepdim=True)).to(x.dtype).unsqueeze(2)
        out: torch.Tensor = self.head((x * end).sum(dim=1) / end.sum(dim=1))
        return out


class LightCLIP(nn.Module):
    """Both encoders."""

    def __init__(self, outputs: int = 512) -> None:
        super().__init__()
        self.image = resnet18(weights=None)
        self.image.fc = nn.Linear(self.image.fc.in_features, outputs)
        self.text = TextEncoder(width=384, depth=8, heads=6, outputs=outputs)

    def forward(self, image: torch.Tensor, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return functional.normalize(self.image(image), dim=1), functional.normalize(self.text(tokens), dim=1)


def network() -> nn.Module:
    """Untrained."""
    return LightCLIP()
