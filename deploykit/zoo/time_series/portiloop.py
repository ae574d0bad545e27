# /// deploykit
# [model]
# name = "portiloop"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.window]
# type = "tensor"
# shape = [1, 1, 54]
#
# [input.state]
# type = "tensor"
# shape = [1, 7]
# state = "next_state"
#
# [output.spindle]
# type = "tensor"
#
# [output.next_state]
# type = "tensor"
#
# [paper]
# title = "The Portiloop: a deep learning-based open science tool for closed-loop brain stimulation"
# year = 2022
#
# [zoo]
# notes = [
#   "window is 216 ms of standardised EEG at 250 Hz; spindle is the probability of one",
#   "the final one-input network; its state goes from call to call, every 42 samples",
#   "the paper runs four such detectors in turn, each with its own state: an app keeps four of these",
#   "no number of parameters is verified",
# ]
# ///
"""Portiloop: sleep spindles found while they last, by three convolutions and a recurrent unit with a carried state."""

from __future__ import annotations

import torch
from torch import nn


class GatedUnit(nn.Module):
    """One step of a gated recurrent unit, as `torch.nn.GRU` computes it."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.inputs = nn.Linear(inputs, 3 * hidden)
        self.hidden = nn.Linear(hidden, 3 * hidden)

    def forward(self, x: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        reset_x, update_x, new_x = self.inputs(x).chunk(3, dim=1)
        reset_h, update_h, new_h = self.hidden(state).chunk(3, dim=1)
        update = torch.sigmoid(update_x + update_h)
        new = torch.tanh(new_x + torch.sigmoid(reset_x + reset_h) * new_h)
        return (1 - update) * new + update * state


class Portiloop(nn.Module):
    """The detector."""

    def __init__(self, window: int = 54, channels: int = 31, kernel: int = 7, depth: int = 3, hidden: int = 7) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for index in range(depth):
            layers += [nn.Conv1d(channels if index else 1, channels, kernel), nn.ReLU(), nn.MaxPool1d(kernel, stride=1)]
        self.features = nn.Sequential(*layers, nn.Flatten())
        self.unit = GatedUnit(channels * (window - 2 * depth * (kernel - 1)), hidden)
        self.head = nn.Linear(hidden, 1)

    def forward(self, window: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        following = self.unit(self.features(window), state)
        return torch.sigmoid(self.head(following)), following


def network() -> nn.Module:
    """Untrained."""
    return Portiloop()
