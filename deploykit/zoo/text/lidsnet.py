# /// deploykit
# [model]
# name = "lidsnet"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.words]
# type = "tensor"
# shape = [1, 32]
# dtype = "int32"
# range = [0, 9999]
#
# [input.characters]
# type = "tensor"
# shape = [1, 384]
# dtype = "int32"
# range = [0, 69]
#
# [output.sentence]
# type = "embedding"
#
# [paper]
# title = "LIDSNet: A Lightweight on-device Intent Detection model using Deep Siamese Network"
# year = 2021
# parameters = 590000
# table = "Abstract (an upper bound)"
#
# [zoo]
# difference = "the paper states an upper bound; sizes are chosen to stay under it"
# notes = [
#   "one branch of the Siamese pair: a sentence's vector, which an app compares to those of each intent's examples",
#   "32 words, each of 12 characters, one word after the other; 0 fills up and is not looked at",
#   "from the abstract: word and character features in a Siamese branch; inner sizes are this entry's choice",
#   "the tokenizer and both tables of ids are left to the app",
# ]
# ///
"""LIDSNet: what a message wants, by a sentence's vector of words and their characters, near those of known intents."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

WORDS, LETTERS, LONGEST = 10_000, 70, 12


class Spelling(nn.Module):
    """A word's vector from its characters: convolutions, and the greatest answer."""

    def __init__(self, width: int, outputs: int) -> None:
        super().__init__()
        self.letters = nn.Embedding(LETTERS, width)
        self.convolution = nn.Conv1d(width, outputs, 3, padding=1)

    def forward(self, characters: torch.Tensor) -> torch.Tensor:
        batch = characters.shape[0]
        letters = self.letters(characters.reshape(-1, LONGEST)).transpose(1, 2)
        words = torch.relu(self.convolution(letters)).amax(dim=2)
        return words.view(batch, -1, words.shape[1])


class Mixer(nn.Module):
    """Neighbouring words see each other: a separable convolution beside a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.depthwise = nn.Conv1d(width, width, 5, padding=2, groups=width)
        self.pointwise = nn.Conv1d(width, width, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mixed = self.pointwise(functional.gelu(self.depthwise(self.norm(x).transpose(1, 2)))).transpose(1, 2)
        out: torch.Tensor = x + mixed
        return out


class LIDSNet(nn.Module):
    """The branch."""

    def __init__(self, width: int = 50, spelled: int = 46, vector: int = 128) -> None:
        super().__init__()
        both = width + spelled
        self.words = nn.Embedding(WORDS, width)
        self.spelling = Spelling(16, spelled)
        self.mixers = nn.Sequential(*(Mixer(both) for _ in range(4)))
        self.weigh = nn.Linear(both, 1)
        self.head = nn.Linear(both, vector)

    def forward(self, words: torch.Tensor, characters: torch.Tensor) -> torch.Tensor:
        x = self.mixers(torch.cat([self.words(words), self.spelling(characters)], dim=2))
        empty = (words == 0).to(x.dtype).unsqueeze(2)
        weights = (self.weigh(x) - 1e4 * empty).softmax(dim=1)
        return functional.normalize(self.head((x * weights).sum(dim=1)), dim=1)


def network() -> nn.Module:
    """Untrained."""
    return LIDSNet()
