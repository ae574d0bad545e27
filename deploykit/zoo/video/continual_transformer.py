# /// deploykit
# [model]
# name = "continual-transformer"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.frame]
# type = "tensor"
# shape = [1, 1024]
# range = [-2.0, 2.0]
#
# [input.keys]
# type = "tensor"
# shape = [1, 63, 1024]
# state = "next_keys"
#
# [input.values]
# type = "tensor"
# shape = [1, 63, 1024]
# state = "next_values"
#
# [input.step]
# type = "tensor"
# shape = [1, 128]
# range = [0.0, 1.0]
# state = "next_step"
#
# [output.scores]
# type = "tensor"
#
# [output.next_keys]
# type = "tensor"
#
# [output.next_values]
# type = "tensor"
#
# [output.next_step]
# type = "tensor"
#
# [paper]
# title = "Efficient Online Processing with Deep Neural Networks"
# year = 2023
#
# [zoo]
# notes = [
#   "The thesis' continual inference networks, shown by its single-output transformer encoder of one block.",
#   "Features of a frame come from another network; 21 actions and none are told apart.",
#   "Until as many frames were seen as the window has, zeros stand for those before; the thesis waits.",
#   "Positions go round twice the window (recycled positional encoding).",
# ]
# ///
"""A continual transformer: each new frame is given alone, and what was seen before is state."""

from __future__ import annotations

import torch
from torch import nn

FEATURES, WIDTH, HEADS, HIDDEN = 1024, 1024, 16, 1024
WINDOW = 64
"""Frames that one answer looks back on, with the new one."""
ACTIONS = 22


class ContinualAttention(nn.Module):
    """Single-output attention: keys and values of frames before are kept, only the new frame asks."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.value, self.project = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(
        self, frame: torch.Tensor, keys: torch.Tensor, values: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """frame: 1 × 1 × width; keys, values: 1 × (window - 1) × width."""
        keys = torch.cat([keys, self.key(frame)], 1)
        values = torch.cat([values, self.value(frame)], 1)
        query = _heads(self.query(frame))
        mixed = nn.functional.scaled_dot_product_attention(query, _heads(keys), _heads(values))
        return self.project(mixed.transpose(1, 2).flatten(2)), keys[:, 1:], values[:, 1:]


class ContinualTransformer(nn.Module):
    """One block of a transformer with positions that go round, and a classifier of actions."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(FEATURES, WIDTH)
        self.positions = nn.Parameter(torch.randn(2 * WINDOW, WIDTH) * 0.02)
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attention = ContinualAttention()
        self.mlp = nn.Sequential(nn.Linear(WIDTH, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, WIDTH))
        self.head = nn.Linear(WIDTH, ACTIONS)

    def forward(
        self, frame: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, step: torch.Tensor
    ) -> tuple[torch.Tensor, ...]:
        """step: 2 × window numbers, of which one is 1: the frame's place; all zeros before the first frame."""
        started = step.sum()
        first = nn.functional.one_hot(torch.zeros(1, dtype=torch.int64), 2 * WINDOW).to(step)
        step = torch.cat([step[:, -1:], step[:, :-1]], 1) + (1 - started).clamp(min=0) * first
        x = self.embed(frame) + step @ self.positions
        x = x.unsqueeze(1)
        mixed, keys, values = self.attention(self.norm1(x), keys, values)
        x = x + mixed
        x = x + self.mlp(self.norm2(x))
        return self.head(x[:, 0]), keys, values, step


def _heads(x: torch.Tensor) -> torch.Tensor:
    """1 × frames × width to 1 × heads × frames × a head's width."""
    return x.view(len(x), -1, HEADS, WIDTH // HEADS).transpose(1, 2)


def network() -> nn.Module:
    """Untrained."""
    return ContinualTransformer()
