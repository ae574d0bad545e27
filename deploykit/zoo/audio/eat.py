# /// deploykit
# [model]
# name = "eat"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.waveform]
# type = "tensor"
# shape = [1, 1, 114688]
#
# [output.scores]
# type = "scores"
# activation = "softmax"
#
# [paper]
# title = """End-to-End Audio Strikes Back: Boosting Augmentations Towards An Efficient Audio Classification Network"""
# year = 2022
# parameters = 5300000
# table = "Results on ESC-50, EAT-S"
#
# [zoo]
# classes = 50
# difference = "the paper counts the network for AudioSet, with 527 classes and more tokens"
# notes = [
#   "EAT-S for ESC-50: 5.2 seconds at 22.05 kHz, 50 sounds; no spectrogram, the waveform goes in as it is",
#   "reflected edges and fixed blurs before each reduction are kept; augmentations are training's",
# ]
# ///
"""EAT: sounds named from the raw waveform, by convolutions over time and over channels, and a small transformer."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from deploykit.zoo.attention import attend


def convolution(inputs: int, outputs: int, kernel: int, dilation: int = 1, groups: int = 1) -> nn.Sequential:
    """A convolution with reflected edges, its norm and a leaky ReLU."""
    return nn.Sequential(
        nn.ReflectionPad1d(dilation * (kernel // 2)),
        nn.Conv1d(inputs, outputs, kernel, dilation=dilation, groups=groups, bias=False),
        nn.BatchNorm1d(outputs),
        nn.LeakyReLU(0.2),
    )


class TimeChannel(nn.Module):
    """Residual block: a depthwise convolution over time beside one over channels."""

    def __init__(self, width: int, dilation: int = 1) -> None:
        super().__init__()
        self.time = convolution(width, width, 15, dilation, groups=width)
        self.channel = convolution(width, width, 1)
        self.shortcut = nn.Conv1d(width, width, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.shortcut(x) + self.channel(x) + self.time(x)
        return out


class Blur(nn.Module):
    """Every so manieth sample of a blurred signal: nothing folds back."""

    kernel: torch.Tensor

    def __init__(self, width: int, factor: int) -> None:
        super().__init__()
        self.factor, self.groups = factor, width
        ramp = torch.cat([torch.arange(1.0, factor + 2), torch.arange(float(factor), 0.0, -1.0)])
        self.register_buffer("kernel", (ramp / ramp.sum()).view(1, 1, -1).repeat(width, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        padded = functional.pad(x, (self.factor, self.factor), "reflect")
        return functional.conv1d(padded, self.kernel, stride=self.factor, groups=self.groups)


def down(width: int, factor: int) -> nn.Sequential:
    """Twice the channels at a lower rate."""
    return nn.Sequential(convolution(width, 2 * width, factor + 1), Blur(2 * width, factor))


class Attention(nn.Module):
    """Self-attention of several heads."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.mixed, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        query, key, value = self.mixed(x).chunk(3, dim=2)
        out: torch.Tensor = self.out(attend(query, key, value, self.heads))
        return out


class Layer(nn.Module):
    """A transformer's layer, norms last."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.attention, self.first = Attention(width, heads), nn.LayerNorm(width)
        self.perceptron = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))
        self.second = nn.LayerNorm(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(x + self.attention(x))
        out: torch.Tensor = self.second(x + self.perceptron(x))
        return out


class EAT(nn.Module):
    """Convolutions down to 112 tokens, and a transformer that sums them up in one more."""

    def __init__(self, samples: int, classes: int, first: int = 16, width: int = 128, depth: int = 4) -> None:
        super().__init__()
        layers: list[nn.Module] = [convolution(1, first, 7)]
        channels, tokens = first, samples
        for index, factor in enumerate((4, 4, 4, 4)):
            layers.append(down(channels, factor))
            channels, tokens = 2 * channels, tokens // factor
            if index % 2 == 0:
                layers.append(TimeChannel(channels))
        for factor in (2, 2):
            layers += [TimeChannel(channels, 3**power) for power in range(3)]
            layers.append(down(channels, factor))
            channels, tokens = 2 * channels, tokens // factor
        self.features = nn.Sequential(*layers, nn.Conv1d(channels, width, 1))
        self.summary = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.places = nn.Parameter(torch.randn(1, tokens + 1, width) * 0.02)
        self.layers = nn.Sequential(*(Layer(width, 8, 512) for _ in range(depth)), nn.LayerNorm(width))
        self.head = nn.Linear(width, classes)

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        tokens = self.features(waveform).transpose(1, 2)
        summary = self.summary.expand(tokens.shape[0], -1, -1)
        x = self.layers(torch.cat([summary, tokens], dim=1) + self.places)
        scores: torch.Tensor = self.head(x[:, 0])
        return scores


def network() -> nn.Module:
    """Untrained."""
    return EAT(samples=114_688, classes=50)
