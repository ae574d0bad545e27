# /// deploykit
# [model]
# name = "main-vc"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.content]
# type = "tensor"
# shape = [1, 80, 128]
#
# [input.voice]
# type = "tensor"
# shape = [1, 80, 128]
#
# [output.converted]
# type = "tensor"
#
# [paper]
# title = "MAIN-VC: Lightweight Speech Representation Disentanglement for One-shot Voice Conversion"
# year = 2024
#
# [zoo]
# notes = [
#   "all three are log-mel spectrograms of 128 frames; a vocoder makes sound of the last",
#   "the estimators of mutual information and the noise in the content's code are training's and left out",
#   "no number of parameters is verified",
# ]
# ///
"""MAIN-VC: what one says, in the voice of another, of whom one sentence was heard."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

BANDS, WIDTH, BLOCKS = 80, 64, 6


class Convolution(nn.Conv1d):
    """A convolution with reflected edges that keeps the length, or divides it by its stride."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, dilation: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride, dilation=dilation)
        reach = dilation * (kernel - 1)
        self.edges = (reach - reach // 2, reach // 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(functional.pad(x, self.edges, "reflect") if any(self.edges) else x)


def normal(x: torch.Tensor) -> torch.Tensor:
    """Instance normalisation: what is the same over time, which is the voice, goes."""
    centred = x - x.mean(dim=2, keepdim=True)
    return centred * torch.rsqrt(centred.square().mean(dim=2, keepdim=True) + 1e-5)


class Down(nn.Module):
    """Two convolutions beside a shortcut, the second one with a stride."""

    def __init__(self, stride: int, normed: bool) -> None:
        super().__init__()
        self.first, self.second = Convolution(WIDTH, WIDTH, 5), Convolution(WIDTH, WIDTH, 5, stride)
        self.stride, self.norm = stride, normal if normed else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.norm(self.first(x)))
        y = torch.relu(self.norm(self.second(y)))
        return y + (functional.avg_pool1d(x, self.stride) if self.stride > 1 else x)


class SpeakerEncoder(nn.Module):
    """A voice as one vector, from convolutions of five reaches side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.reaches = nn.ModuleList(Convolution(BANDS, WIDTH, 3, dilation=reach) for reach in (1, 2, 4, 6, 8))
        self.enter = nn.Conv1d(5 * WIDTH + BANDS, WIDTH, 1)
        self.blocks = nn.Sequential(*(Down(1 + index % 2, normed=False) for index in range(BLOCKS)))
        self.dense = nn.ModuleList(
            nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU()) for _ in range(BLOCKS)
        )
        self.out = nn.Linear(WIDTH, WIDTH)

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        x = torch.cat([*(torch.relu(reach(mel)) for reach in self.reaches), mel], dim=1)
        x = self.blocks(torch.relu(self.enter(x))).mean(dim=2)
        for dense in self.dense:
            x = x + dense(x)
        voice: torch.Tensor = self.out(x)
        return voice


class ContentEncoder(nn.Module):
    """What is said, at an eighth of the rate, from a bank of convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.bank = nn.ModuleList(Convolution(BANDS, WIDTH, kernel) for kernel in (2, 4, 6, 8))
        self.enter = nn.Conv1d(4 * WIDTH + BANDS, WIDTH, 1)
        self.blocks = nn.Sequential(*(Down(1 + index % 2, normed=True) for index in range(BLOCKS)))
        self.out = nn.Conv1d(WIDTH, WIDTH, 1)

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        x = torch.cat([*(torch.relu(kernel(mel)) for kernel in self.bank), mel], dim=1)
        content: torch.Tensor = self.out(self.blocks(torch.relu(normal(self.enter(x)))))
        return content


class Up(nn.Module):
    """Two convolutions, each normed anew by the voice (AdaIN), the second one to a higher rate."""

    def __init__(self, factor: int) -> None:
        super().__init__()
        self.factor = factor
        self.first, self.second = Convolution(WIDTH, WIDTH, 5), Convolution(WIDTH, factor * WIDTH, 5)
        self.voices = nn.ModuleList(nn.Linear(WIDTH, 2 * WIDTH) for _ in range(2))

    def _styled(self, x: torch.Tensor, by: torch.Tensor) -> torch.Tensor:
        mean, spread = by.unsqueeze(2).chunk(2, dim=1)
        return torch.relu(normal(x) * spread + mean)

    def forward(self, x: torch.Tensor, voice: torch.Tensor) -> torch.Tensor:
        first, second = self.voices
        y = self.second(self._styled(self.first(x), first(voice)))
        if self.factor > 1:
            y = y.view(y.shape[0], WIDTH, self.factor, -1).transpose(2, 3).flatten(2)
            x = x.repeat_interleave(self.factor, dim=2)
        return x + self._styled(y, second(voice))


class MAINVC(nn.Module):
    """Both encoders and the decoder."""

    def __init__(self) -> None:
        super().__init__()
        self.speaker, self.content = SpeakerEncoder(), ContentEncoder()
        self.enter = nn.Conv1d(WIDTH, WIDTH, 1)
        self.blocks = nn.ModuleList(Up(2 - index % 2) for index in range(BLOCKS))
        self.out = nn.Conv1d(WIDTH, BANDS, 1)

    def forward(self, content: torch.Tensor, voice: torch.Tensor) -> torch.Tensor:
        style = self.speaker(voice)
        x = torch.relu(normal(self.enter(self.content(content))))
        for block in self.blocks:
            x = block(x, style)
        converted: torch.Tensor = self.out(x)
        return converted


def network() -> nn.Module:
    """Untrained."""
    return MAINVC()
