"""One small network for each task, with seeded weights: what they answer means nothing, that all answer alike does."""

from __future__ import annotations

import torch
from torch import nn

LABELS = 4
SIDE = 32


def _body(width: int, channels: int = 3) -> nn.Sequential:
    torch.manual_seed(5)
    return nn.Sequential(
        nn.Conv2d(channels, 8, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, width, 3, stride=2, padding=1),
        nn.ReLU(),
    )


class Classifier(nn.Module):
    """1 × 3 × 32 × 32 → 1 × 4."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.head = _body(8), nn.Linear(8 * 8 * 8, LABELS)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return 2 * self.head(self.body(image).flatten(1))


class Detector(nn.Module):
    """1 × 3 × 32 × 32 → boxes 1 × 64 × 4 in pixels, scores 1 × 64 × 4."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.head = _body(8), nn.Conv2d(8, 4 + LABELS, 1)
        rows, columns = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
        self.register_buffer("middles", 4 * torch.stack([columns, rows], -1).reshape(1, 64, 2) + 2)

    def forward(self, image: torch.Tensor) -> dict[str, torch.Tensor]:
        rows = self.head(self.body(image)).flatten(2).transpose(1, 2)
        middles = self.middles + 2 * torch.tanh(rows[..., :2])
        sizes = 12 + 4 * torch.tanh(8 * rows[..., 2:4])
        return {"boxes": torch.cat([middles, sizes], -1), "scores": torch.sigmoid(8 * rows[..., 4:])}


class Segmenter(nn.Module):
    """1 × 3 × 32 × 32 → 1 × 4 × 16 × 16."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.head = _body(8), nn.Conv2d(8, LABELS, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        scores = self.head(self.body(image))
        return nn.functional.interpolate(scores - scores.mean((2, 3), keepdim=True), scale_factor=2, mode="nearest")


class Enlarger(nn.Module):
    """1 × 3 × 32 × 32 → 1 × 3 × 64 × 64, each pixel from its neighbours at most two away."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.layers = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 12, 3, padding=1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        plain = nn.functional.interpolate(image, scale_factor=2, mode="nearest")
        return plain + 0.3 * torch.tanh(nn.functional.pixel_shuffle(self.layers(image), 2))


class Embedder(nn.Module):
    """1 × 1 × 32 × 32 → 1 × 16."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.head = _body(8, channels=1), nn.Linear(8 * 8 * 8, 16)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return nn.functional.normalize(self.head(self.body(image).flatten(1)), dim=-1)


class Tagger(nn.Module):
    """Words, which of them count, and what was said before → a score for each class of each word, and more."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.table, self.layer = nn.Embedding(50, 8), nn.Linear(8, 3)

    def forward(self, word_ids: torch.Tensor, counts: torch.Tensor, memory: torch.Tensor) -> dict[str, torch.Tensor]:
        words = self.table(word_ids) * counts.unsqueeze(-1).to(torch.float32)
        kept = 0.5 * memory + words.mean(1)
        scores = self.layer(words + kept.unsqueeze(1))
        return {"scores": scores, "best_class": scores.argmax(-1).to(torch.int32), "memory_out": kept}


class Listener(nn.Module):
    """Words, which of them count, and a sound → what fits to what; outputs have other sizes than inputs."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.table, self.ear, self.layer = nn.Embedding(50, 8), nn.Linear(4, 8), nn.Linear(8, 3)
        self.pairs = nn.Conv1d(8, 4, 3, stride=2, padding=1)

    def forward(self, word_ids: torch.Tensor, counts: torch.Tensor, sound: torch.Tensor) -> dict[str, torch.Tensor]:
        words = self.table(word_ids) * counts.unsqueeze(-1).to(torch.float32)
        heard = torch.tanh(self.ear(sound))
        scores = self.layer(words + heard.mean(1, keepdim=True))
        return {
            "match": words @ heard.transpose(1, 2),
            "best_class": scores.argmax(-1).to(torch.int32),
            "pairs": self.pairs(words.transpose(1, 2)),
            "gist": heard.mean(1),
        }
