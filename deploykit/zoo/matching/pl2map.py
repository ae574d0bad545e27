# /// deploykit
# [model]
# name = "pl2map"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.points]
# type = "tensor"
# shape = [1, 512, 256]
#
# [input.lines]
# type = "tensor"
# shape = [1, 128, 2560]
#
# [input.points_there]
# type = "tensor"
# shape = [1, 512]
# range = [0.0, 1.0]
#
# [input.lines_there]
# type = "tensor"
# shape = [1, 128]
# range = [0.0, 1.0]
#
# [output.points_in_space]
# type = "tensor"
#
# [output.lines_in_space]
# type = "tensor"
#
# [paper]
# title = "Representing 3D sparse map points and lines for camera relocalization"
# year = 2024
#
# [zoo]
# notes = [
#   "descriptors are SuperPoint's: one a point, ten along a line, one after the other; the weights are one scene's map",
#   "up to 512 points and 128 lines; the other two inputs say (above 0.5) which are there",
#   "a point is x, y, z and how reliable it is, a line both of its ends and the same; the pose is solved by the app",
#   "no number of parameters is verified",
# ]
# ///
"""PL2Map: where what a camera sees lies in a known place, by attention between its points and its lines."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn

from deploykit.zoo.attention import attend

WIDTH, SAMPLES, HEADS = 256, 10, 4
SOURCES = ("self", "cross", "self", "cross", "self")


def perceptron(*widths: int) -> nn.Sequential:
    """Linear layers with ReLU between them."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class Attention(nn.Module):
    """Of several heads, from one set to another."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, x: torch.Tensor, source: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        seen = attend(self.query(x), self.key(source), self.value(source), HEADS, mask)
        out: torch.Tensor = self.out(seen)
        return out


class LineEncoder(nn.Module):
    """A line's descriptors as one: a transformer's layer over them, of which the first one is read."""

    def __init__(self, hidden: int = 1024) -> None:
        super().__init__()
        self.attention, self.first = Attention(), nn.LayerNorm(WIDTH, eps=1e-6)
        self.perceptron = nn.Sequential(nn.Linear(WIDTH, hidden), nn.GELU(), nn.Linear(hidden, WIDTH))
        self.second = nn.LayerNorm(WIDTH, eps=1e-6)

    def forward(self, lines: torch.Tensor) -> torch.Tensor:
        samples = lines.reshape(-1, SAMPLES, WIDTH)
        x = self.first(samples + self.attention(samples, samples))
        x = self.second(x + self.perceptron(x))
        return x[:, 0].reshape(lines.shape[0], -1, WIDTH)


class Propagation(nn.Module):
    """What a set learns from a source, to be added to it."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = Attention()
        self.perceptron = perceptron(2 * WIDTH, 2 * WIDTH, WIDTH)

    def forward(self, x: torch.Tensor, source: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        learnt: torch.Tensor = self.perceptron(torch.cat([x, self.attention(x, source, mask)], dim=2))
        return x + learnt


def hidden(there: torch.Tensor) -> torch.Tensor:
    """For scores: great negative numbers where nothing is."""
    return ((there > 0.5).to(there.dtype) - 1)[:, None, None] * 1e4


class PL2Map(nn.Module):
    """Line encoder, attentional graph network, and regression of places."""

    def __init__(self) -> None:
        super().__init__()
        self.encode = LineEncoder()
        self.layers = nn.ModuleList(Propagation() for _ in SOURCES)
        self.points, self.lines = perceptron(WIDTH, 512, 1024, 512, 4), perceptron(WIDTH, 512, 1024, 512, 7)

    def forward(
        self, points: torch.Tensor, lines: torch.Tensor, points_there: torch.Tensor, lines_there: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        a, b = points, self.encode(lines)
        no_point, no_line = hidden(points_there), hidden(lines_there)
        for layer, source in zip(self.layers, SOURCES, strict=True):
            if source == "self":
                a, b = layer(a, a, no_point), layer(b, b, no_line)
            else:
                a, b = layer(a, b, no_line), layer(b, a, no_point)
        return self.points(a), self.lines(b)


def network() -> nn.Module:
    """Untrained."""
    return PL2Map()
