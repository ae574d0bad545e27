"""Recurrent layers, and signals: Fourier transforms and complex numbers."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from deploykit.probes.cases.base import Case, layer, normal, op


class Recurrent(nn.Module):
    """A recurrent layer that gives its outputs and its last states."""

    def __init__(self, kind: str, given_state: bool = False, **options: Any) -> None:
        super().__init__()
        self.inner = getattr(nn, kind)(5, 6, **options)
        self.given_state = given_state

    def forward(self, x: torch.Tensor, *state: torch.Tensor) -> tuple[torch.Tensor, ...]:
        made, last = self.inner(x, (state if len(state) > 1 else state[0]) if self.given_state else None)
        return (made, *last) if isinstance(last, tuple) else (made, last)


class Cell(nn.Module):
    """One step."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.inner = getattr(nn, kind)(5, 6)

    def forward(self, x: torch.Tensor) -> Any:
        return self.inner(x)


_OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"batch_first": True},
    {"bidirectional": True, "batch_first": True},
    {"num_layers": 2},
    {"bias": False},
)

LAYERS = (
    *(
        layer(
            kind,
            Recurrent,
            normal(4, 2, 5) if not options.get("batch_first") else normal(2, 4, 5),
            kind=kind,
            **options,
        )
        for kind in ("LSTM", "GRU", "RNN")
        for options in _OPTIONS
    ),
    layer("LSTM", Recurrent, normal(2, 4, 5), kind="LSTM", num_layers=2, bidirectional=True, batch_first=True),
    layer("LSTM", Recurrent, normal(4, 2, 5), kind="LSTM", proj_size=3),
    layer("LSTM", Recurrent, normal(4, 2, 5), normal(1, 2, 6), normal(1, 2, 6), kind="LSTM", given_state=True),
    layer("GRU", Recurrent, normal(4, 2, 5), normal(1, 2, 6), kind="GRU", given_state=True),
    layer("RNN", Recurrent, normal(4, 2, 5), kind="RNN", nonlinearity="relu"),
    *(layer(kind, Cell, normal(2, 5), kind=kind) for kind in ("LSTMCell", "GRUCell", "RNNCell")),
)


def _real(x: torch.Tensor) -> torch.Tensor:
    return torch.view_as_real(x)


def _rfft(x: torch.Tensor, **options: Any) -> torch.Tensor:
    return _real(torch.fft.rfft(x, **options))


def _fft(x: torch.Tensor, **options: Any) -> torch.Tensor:
    return _real(torch.fft.fft(x, **options))


def _rfft2(x: torch.Tensor, **options: Any) -> torch.Tensor:
    return _real(torch.fft.rfft2(x, **options))


def _round_trip(x: torch.Tensor, **options: Any) -> torch.Tensor:
    """A filter in frequency, as FNet and global filter networks do it."""
    spectrum = torch.fft.rfft(x, **options)
    gains = torch.linspace(0.2, 1.0, spectrum.shape[-1])
    made: torch.Tensor = torch.fft.irfft(spectrum * gains, n=x.shape[-1], **options)
    return made


def _real_part(x: torch.Tensor) -> torch.Tensor:
    made: torch.Tensor = torch.fft.fft(torch.fft.fft(x, dim=-1), dim=-2).real
    return made


def _stft(
    x: torch.Tensor, n_fft: int, hop_length: int, center: bool, window: bool, onesided: bool = True
) -> torch.Tensor:
    shape = torch.hann_window(n_fft) if window else None
    made = torch.stft(
        x, n_fft, hop_length=hop_length, center=center, window=shape, onesided=onesided, return_complex=True
    )
    return _real(made)


def _istft(x: torch.Tensor, n_fft: int, hop_length: int) -> torch.Tensor:
    window = torch.hann_window(n_fft)
    spectrum = torch.stft(x, n_fft, hop_length=hop_length, window=window, return_complex=True)
    return torch.istft(spectrum * 0.5, n_fft, hop_length=hop_length, window=window, length=x.shape[-1])


def _power(x: torch.Tensor) -> torch.Tensor:
    made: torch.Tensor = torch.fft.rfft(x).abs() ** 2
    return made


def _rotate(x: torch.Tensor, angle: torch.Tensor) -> torch.Tensor:
    """Rotary embedding by complex numbers, as Llama's own code does it."""
    turned = torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2)) * torch.polar(torch.ones_like(angle), angle)
    return torch.view_as_real(turned).flatten(-2)


SIGNALS = (
    *(op("fft.rfft", _rfft, normal(2, 9), **options) for options in ({}, {"n": 6}, {"n": 12}, {"norm": "ortho"})),
    op("fft.rfft", _rfft, normal(3, 8, 2), dim=1),
    op("fft.fft", _fft, normal(2, 8)),
    op("fft.fft", _fft, normal(4, 6), dim=0, norm="forward"),
    op("fft.rfft2", _rfft2, normal(1, 2, 4, 6)),
    op("fft of both, real part", _real_part, normal(2, 4, 6)),
    op("fft.irfft of rfft", _round_trip, normal(2, 8)),
    op("fft.irfft of rfft", _round_trip, normal(2, 9), norm="ortho"),
    op("abs of rfft", _power, normal(2, 8)),
    *(
        op("stft", _stft, normal(1, 32), n_fft=8, hop_length=hop, center=center, window=window)
        for hop, center, window in ((4, True, True), (2, False, True), (3, True, False))
    ),
    op("stft", _stft, normal(1, 32), n_fft=8, hop_length=4, center=True, window=True, onesided=False),
    op("istft", _istft, normal(1, 32), n_fft=8, hop_length=4),
    op("complex rotation", _rotate, normal(2, 5, 6), normal(5, 3)),
)

CASES: tuple[Case, ...] = (*LAYERS, *SIGNALS)
