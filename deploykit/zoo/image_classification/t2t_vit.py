# /// deploykit
# [model]
# name = "t2t-vit"
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
# title = "Tokens-to-Token ViT: Training Vision Transformers from Scratch on ImageNet"
# year = 2021
# parameters = 4_300_000
# table = "comparison with lite networks, T2T-ViT-7"
#
# [zoo]
# classes = 1000
# notes = ["Its first two stages are Performers, as in the authors' T2T-ViT-7; T2Tt has whole attention there."]
# ///
"""T2T-ViT-7: neighbouring tokens are joined step by step, by overlapping windows, until few are left."""

from __future__ import annotations

import math

import torch
from torch import nn


class Performer(nn.Module):
    """Attention of linear cost by random features, within one stage of tokens to tokens."""

    features: torch.Tensor

    def __init__(self, inputs: int, width: int = 64) -> None:
        super().__init__()
        self.count = width // 2
        self.norm1 = nn.LayerNorm(inputs)
        self.kqv = nn.Linear(inputs, 3 * width)
        self.project = nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(), nn.Linear(width, width))
        features = nn.init.orthogonal_(torch.empty(self.count, width)) * math.sqrt(self.count)
        self.register_buffer("features", features)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        key, query, value = self.kqv(self.norm1(tokens)).chunk(3, -1)
        key, query = self._positive(key), self._positive(query)
        context = key.transpose(1, 2) @ value
        total = query @ key.sum(1).unsqueeze(-1)
        x = value + self.project(query @ context / (total + 1e-8))
        mixed: torch.Tensor = x + self.mlp(x)
        return mixed

    def _positive(self, x: torch.Tensor) -> torch.Tensor:
        """Random features of the softmax kernel."""
        return (x @ self.features.T - x.square().sum(-1, keepdim=True) / 2).exp() / math.sqrt(self.count)


class SoftSplit(nn.Module):
    """Overlapping windows of a map, each as one token."""

    def __init__(self, kernel: int, stride: int, padding: int) -> None:
        super().__init__()
        self.windows = nn.Unfold(kernel, stride=stride, padding=padding)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        tokens: torch.Tensor = self.windows(x).transpose(1, 2)
        return tokens


class Block(nn.Module):
    """A block of the transformer, deep and narrow."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.project = nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, count, width = x.shape
        split = self.qkv(self.norm1(x)).view(batch, count, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)
        mixed = nn.functional.scaled_dot_product_attention(query, key, value)
        x = x + self.project(mixed.transpose(1, 2).flatten(2))
        passed: torch.Tensor = x + self.mlp(x)
        return passed


class T2TViT(nn.Module):
    """Three soft splits, then a transformer of 7 blocks."""

    positions: torch.Tensor

    def __init__(self, width: int = 256, depth: int = 7) -> None:
        super().__init__()
        self.splits = nn.ModuleList([SoftSplit(7, 4, 2), SoftSplit(3, 2, 1), SoftSplit(3, 2, 1)])
        self.mixers = nn.ModuleList([Performer(3 * 7 * 7), Performer(64 * 3 * 3)])
        self.embed = nn.Linear(64 * 3 * 3, width)
        self.label = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.register_buffer("positions", _sinusoids(14 * 14 + 1, width))
        self.blocks = nn.Sequential(*(Block(width, 4, 2 * width) for _ in range(depth)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, 1000)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.splits[0](image)
        for mixer, split, side in zip(self.mixers, list(self.splits)[1:], (56, 28), strict=True):
            x = split(mixer(x).transpose(1, 2).reshape(-1, 64, side, side))
        x = torch.cat([self.label.expand(len(x), -1, -1), self.embed(x)], 1) + self.positions
        scores: torch.Tensor = self.head(self.norm(self.blocks(x))[:, 0])
        return scores


def _sinusoids(count: int, width: int) -> torch.Tensor:
    """Positions as sines and cosines; 1 × tokens × width."""
    pairs = torch.arange(width) // 2
    angles = torch.arange(count).unsqueeze(1) / 10000 ** (2 * pairs / width)
    return torch.where(torch.arange(width) % 2 == 0, angles.sin(), angles.cos()).unsqueeze(0)


def network() -> nn.Module:
    """Untrained."""
    return T2TViT()
