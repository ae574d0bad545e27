"""What litert-torch gets wrong, each in a tiny network: its rewrite is used, and the file computes the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.backends.roads import go, subject


class Function(nn.Module):
    def __init__(self, function: Any, *modules: nn.Module) -> None:
        super().__init__()
        self.function, self.inner = function, nn.ModuleList(modules)

    def forward(self, *inputs: torch.Tensor) -> Any:
        return self.function(*self.inner, *inputs)


def heads(query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
    shared = key.expand(-1, 4, -1, -1)
    return F.scaled_dot_product_attention(query, shared, shared * 2)


def mobilevitv2(into: nn.Module, out: nn.Module, x: torch.Tensor) -> torch.Tensor:
    query, key, value = into(x).split([1, 8, 8], 1)
    context = (key * F.softmax(query, -1)).sum(-1, keepdim=True)
    return out(F.relu(value) * context.expand_as(value))


def spectrogram(x: torch.Tensor) -> torch.Tensor:
    return torch.stft(x, 16, 4, window=torch.hann_window(16), return_complex=True).abs()


def filtered(x: torch.Tensor) -> torch.Tensor:
    return torch.fft.irfft2(torch.fft.rfft2(x, norm="ortho") * 0.5, s=(8, 8), norm="ortho")


CAUSES: dict[str, tuple[nn.Module, tuple[torch.Tensor, ...], str]] = {
    "nearest": (
        Function(lambda x: F.interpolate(x, size=(7, 7), mode="nearest")),
        (torch.randn(1, 3, 4, 4),),
        "fractional nearest resize as gathers",
    ),
    "bilinear": (
        Function(lambda x: F.interpolate(x, scale_factor=1.5, mode="bilinear")),
        (torch.randn(1, 3, 7, 7),),
        "bilinear resize by its factor",
    ),
    "attention": (Function(heads), (torch.randn(1, 4, 6, 8), torch.randn(1, 1, 5, 8)), "broadcasts as copies"),
    "grouped attention": (
        Function(lambda q, k: F.scaled_dot_product_attention(q, k, k, enable_gqa=True)),
        (torch.randn(1, 4, 6, 8), torch.randn(1, 1, 6, 8)),
        "attention with key and value for each head",
    ),
    "repeat": (
        Function(lambda x: x.repeat(1, 4, 1, 1).transpose(2, 3)),
        (torch.randn(1, 1, 5, 5),),
        "broadcasts as copies",
    ),
    "mobilevitv2": (
        Function(mobilevitv2, nn.Conv2d(3, 17, 1), nn.Conv2d(8, 4, 1)),
        (torch.randn(1, 3, 4, 9),),
        "broadcasts as copies",
    ),
    "stft": (Function(spectrogram), (torch.randn(1, 64),), "Fourier transforms as matmuls"),
    "fft": (Function(filtered), (torch.randn(1, 3, 8, 8),), "Fourier transforms as matmuls"),
}


@pytest.mark.parametrize("name", CAUSES)
def test_the_file_is_right(name: str, tmp_path: Path) -> None:
    network, examples, rewrite = CAUSES[name]
    way = go(subject(network, *examples), "litert", tmp_path / "out")
    assert rewrite in way.used
    assert way.snr > 100


@pytest.mark.parametrize("name", ["nearest", "bilinear", "repeat"])
def test_without_its_rewrite_it_is_silently_wrong(name: str, tmp_path: Path) -> None:
    """Once this fails the converter has learned it, and the rewrite can go."""
    network, examples, _ = CAUSES[name]
    assert go(subject(network, *examples), "litert", tmp_path / "out", rewrites=()).snr < 20
