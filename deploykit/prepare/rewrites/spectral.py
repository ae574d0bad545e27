"""Fourier transforms as real matmuls and convolutions, with matrices computed in float64."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from deploykit.prepare.rewrites.complex_pair import Pair, conj

LONGEST = 4096
"""Transforms up to this length; the matrix of a longer one would weigh more than most networks."""

Value = torch.Tensor | Pair


def fft_fft(x: Value, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """`aten.fft_fft`."""
    return _transform(x, n, dim, norm)


def fft_ifft(x: Value, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """`aten.fft_ifft`."""
    return _transform(x, n, dim, norm, inverse=True)


def fft_rfft(x: Value, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """`aten.fft_rfft`: the first half of the spectrum, and the middle."""
    return _transform(x, n, dim, norm, onesided=True)


def fft_irfft(x: Value, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """`aten.fft_irfft`: [..., n] real values from the first half of their spectrum."""
    if _too_long(n := n or 2 * (x.shape[dim] - 1)):
        return NotImplemented
    kept = min(x.shape[dim], n // 2 + 1)
    angle = 2 * math.pi / n * (np.outer(np.arange(kept), np.arange(n)) % n)
    twice = np.where((np.arange(kept) == 0) | (2 * np.arange(kept) == n), 1.0, 2.0)[:, None]
    matrix = np.concatenate([twice * np.cos(angle), -twice * np.sin(angle)]) * _scale(n, norm, inverse=True)
    x = _pair(x)
    both = torch.cat([part.movedim(dim, -1)[..., :kept] for part in (x.real, x.imag)], -1)
    return (both @ _constant(matrix, both.dtype)).movedim(-1, dim)


def fft_hfft(x: Value, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """`aten.fft_hfft`: the real spectrum of a signal with Hermitian symmetry."""
    return fft_irfft(conj(_pair(x)), n, dim, _opposite(norm))


def fft_ihfft(x: Value, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """`aten.fft_ihfft`."""
    made = fft_rfft(x, n, dim, _opposite(norm))
    return made if made is NotImplemented else conj(made)


def fft_fftn(
    x: Value, s: Sequence[int] | None = None, dim: Sequence[int] | None = None, norm: str | None = None
) -> Any:
    """`aten.fft_fftn`."""
    return _several(x, s, dim, norm, fft_fft)


def fft_ifftn(
    x: Value, s: Sequence[int] | None = None, dim: Sequence[int] | None = None, norm: str | None = None
) -> Any:
    """`aten.fft_ifftn`."""
    return _several(x, s, dim, norm, fft_ifft)


def fft_rfftn(
    x: Value, s: Sequence[int] | None = None, dim: Sequence[int] | None = None, norm: str | None = None
) -> Any:
    """`aten.fft_rfftn`: one-sided along the last axis."""
    s, dim = _axes(x, s, dim)
    made = fft_rfft(x, s[-1], dim[-1], norm)
    return made if made is NotImplemented else _several(made, s[:-1], dim[:-1], norm, fft_fft)


def fft_irfftn(
    x: Value, s: Sequence[int] | None = None, dim: Sequence[int] | None = None, norm: str | None = None
) -> Any:
    """`aten.fft_irfftn`: one-sided along the last axis."""
    last = s[-1] if s else None
    s, dim = _axes(x, s, dim)
    made = _several(x, s[:-1], dim[:-1], norm, fft_ifft)
    return made if made is NotImplemented else fft_irfft(made, last, dim[-1], norm)


def fft_fft2(x: Value, s: Sequence[int] | None = None, dim: Sequence[int] = (-2, -1), norm: str | None = None) -> Any:
    """`aten.fft_fft2`."""
    return fft_fftn(x, s, dim, norm)


def fft_ifft2(x: Value, s: Sequence[int] | None = None, dim: Sequence[int] = (-2, -1), norm: str | None = None) -> Any:
    """`aten.fft_ifft2`."""
    return fft_ifftn(x, s, dim, norm)


def fft_rfft2(x: Value, s: Sequence[int] | None = None, dim: Sequence[int] = (-2, -1), norm: str | None = None) -> Any:
    """`aten.fft_rfft2`."""
    return fft_rfftn(x, s, dim, norm)


def fft_irfft2(x: Value, s: Sequence[int] | None = None, dim: Sequence[int] = (-2, -1), norm: str | None = None) -> Any:
    """`aten.fft_irfft2`."""
    return fft_irfftn(x, s, dim, norm)


def stft(
    x: torch.Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: torch.Tensor | None = None,
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Any:
    """`aten.stft` (frames from the first sample on; torch.stft pads before): one convolution.

    Args:
        x: real, [samples] or [N, samples].
        n_fft: length of a frame.
        hop_length: from frame to frame; a quarter of a frame if not given.
        win_length: of the window, which stands in the middle of a frame.
        window: [win_length]; ones if not given.
        normalized: divides by the root of `n_fft`.
        onesided: whether the second half of the spectrum is left out; it is by default.
        return_complex: if false, the parts are a last axis of size 2.
        align_to_window: as of the op.
    """
    if isinstance(x, Pair) or isinstance(window, Pair) or align_to_window or _too_long(n_fft):
        return NotImplemented
    bins = n_fft if onesided is False else n_fft // 2 + 1
    angle = 2 * math.pi / n_fft * (np.outer(np.arange(bins), np.arange(n_fft)) % n_fft)
    kernel = np.concatenate([np.cos(angle), -np.sin(angle)]) / (math.sqrt(n_fft) if normalized else 1.0)
    weight = _constant(kernel, x.dtype)[:, None]
    if window is not None or win_length not in (None, n_fft):
        weight = weight * _window(window, win_length or n_fft, n_fft, x.dtype)
    signal = x.reshape(-1, 1, x.shape[-1])
    real, imag = (
        F.conv1d(signal, weight, stride=hop_length or n_fft // 4).reshape(*x.shape[:-1], 2 * bins, -1).chunk(2, -2)
    )
    return Pair(real, imag) if return_complex else torch.stack([real, imag], -1)


def istft(
    x: Value,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: torch.Tensor | None = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> Any:
    """`aten.istft`: one transposed convolution, divided by the sum of the squared windows.

    Args:
        x: [bins, frames] or [N, bins, frames].
        n_fft: length of a frame.
        hop_length: from frame to frame; a quarter of a frame if not given.
        win_length: of the window, which stands in the middle of a frame.
        window: [win_length]; ones if not given.
        center: whether half a frame is cut off at both ends.
        normalized: as of `stft`.
        onesided: whether the second half of the spectrum is left out.
        length: of the result.
        return_complex: as of the op.
    """
    if return_complex or onesided is False or x.shape[-2] != n_fft // 2 + 1 or _too_long(n_fft):
        return NotImplemented
    x = _pair(x)
    hop, dtype, frames, bins = hop_length or n_fft // 4, x.real.dtype, x.shape[-1], n_fft // 2 + 1
    angle = 2 * math.pi / n_fft * (np.outer(np.arange(bins), np.arange(n_fft)) % n_fft)
    twice = np.where((np.arange(bins) == 0) | (2 * np.arange(bins) == n_fft), 1.0, 2.0)[:, None] / n_fft
    kernel = np.concatenate([twice * np.cos(angle), -twice * np.sin(angle)]) * (math.sqrt(n_fft) if normalized else 1.0)
    shape = _window(window, win_length or n_fft, n_fft, dtype)
    spectrum = torch.cat([x.real, x.imag], -2).reshape(-1, 2 * bins, frames)
    signal = F.conv_transpose1d(spectrum, _constant(kernel, dtype)[:, None] * shape, stride=hop)
    weight = F.conv_transpose1d(torch.ones(1, 1, frames, dtype=dtype), (shape * shape).reshape(1, 1, -1), stride=hop)
    start = n_fft // 2 if center else 0
    whole = n_fft + hop * (frames - 1)
    end = start + length if length is not None else whole - (n_fft // 2 if center else 0)
    made = signal[..., start : min(end, whole)] / weight[..., start : min(end, whole)]
    return F.pad(made, (0, max(0, end - whole))).reshape(*x.shape[:-2], end - start)


def _transform(
    x: Value, n: int | None, dim: int, norm: str | None, inverse: bool = False, onesided: bool = False
) -> Any:
    if _too_long(n := n or x.shape[dim]):
        return NotImplemented
    kept, bins = min(n, x.shape[dim]), n // 2 + 1 if onesided else n
    angle = (2 if inverse else -2) * math.pi / n * (np.outer(np.arange(kept), np.arange(bins)) % n)
    cos, sin = (f(angle) * _scale(n, norm, inverse) for f in (np.cos, np.sin))
    if isinstance(x, Pair):
        both = torch.cat([part.movedim(dim, -1)[..., :kept] for part in (x.real, x.imag)], -1)
        matrix = np.block([[cos, sin], [-sin, cos]])
    else:
        both = x.movedim(dim, -1)[..., :kept]
        both = both if both.is_floating_point() else both.to(torch.get_default_dtype())
        matrix = np.concatenate([cos, sin], 1)
    real, imag = (both @ _constant(matrix, both.dtype)).chunk(2, -1)
    return Pair(real.movedim(-1, dim), imag.movedim(-1, dim))


def _several(
    x: Value, s: Sequence[int] | None, dim: Sequence[int] | None, norm: str | None, one: Callable[..., Any]
) -> Any:
    s, dim = _axes(x, s, dim)
    for n, axis in zip(s, dim, strict=True):
        x = one(x, n, axis, norm)
        if x is NotImplemented:
            return NotImplemented
    return x


def _axes(x: Value, s: Sequence[int] | None, dim: Sequence[int] | None) -> tuple[list[int], list[int]]:
    """The lengths and the axes, each told."""
    if dim is None:
        dim = range(x.dim() - len(s), x.dim()) if s is not None else range(x.dim())
    lengths = s if s is not None else [-1] * len(dim)
    return [x.shape[d] if n == -1 else n for n, d in zip(lengths, dim, strict=True)], list(dim)


def _window(window: torch.Tensor | None, length: int, n_fft: int, dtype: torch.dtype) -> torch.Tensor:
    made = torch.ones(length, dtype=dtype) if window is None else window.to(dtype)
    before = (n_fft - length) // 2
    return F.pad(made, (before, n_fft - length - before)) if length < n_fft else made


def _constant(matrix: np.ndarray[Any, Any], dtype: torch.dtype) -> torch.Tensor:
    """What is 0 but for rounding is 0: the angle of a real value is 0 or pi then, as PyTorch has it."""
    return torch.tensor(np.where(np.abs(matrix) < 1e-15, 0.0, matrix), dtype=dtype)


def _scale(n: int, norm: str | None, inverse: bool) -> float:
    if norm == "ortho":
        return 1 / math.sqrt(n)
    return 1 / n if (norm == "forward") != inverse else 1.0


def _opposite(norm: str | None) -> str:
    return {"ortho": "ortho", "forward": "backward"}.get(norm or "backward", "forward")


def _pair(x: Value) -> Pair:
    return x if isinstance(x, Pair) else Pair(x, torch.zeros_like(x))


def _too_long(n: int) -> bool:
    return n > LONGEST


SPECTRAL: dict[str, Any] = {
    "aten.stft.default": stft,
    "aten.istft.default": istft,
    "aten.fft_fft.default": fft_fft,
    "aten.fft_fft2.default": fft_fft2,
    "aten.fft_fftn.default": fft_fftn,
    "aten.fft_ifft.default": fft_ifft,
    "aten.fft_ifft2.default": fft_ifft2,
    "aten.fft_ifftn.default": fft_ifftn,
    "aten.fft_rfft.default": fft_rfft,
    "aten.fft_rfft2.default": fft_rfft2,
    "aten.fft_rfftn.default": fft_rfftn,
    "aten.fft_irfft.default": fft_irfft,
    "aten.fft_irfft2.default": fft_irfft2,
    "aten.fft_irfftn.default": fft_irfftn,
    "aten.fft_hfft.default": fft_hfft,
    "aten.fft_ihfft.default": fft_ihfft,
}
