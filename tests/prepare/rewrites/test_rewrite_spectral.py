"""Fourier transforms as matmuls against PyTorch's own, over lengths, axes, norms and windows."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from deploykit.prepare.rewrites import spectral
from deploykit.prepare.rewrites.complex_pair import Pair, view_as_complex

NORMS = st.sampled_from([None, "backward", "ortho", "forward"])
DTYPES = st.sampled_from([torch.float32, torch.float64])
LENGTHS = st.integers(2, 17)


def values(*shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(sum(shape)))


def spectrum(*shape: int, dtype: torch.dtype = torch.float64) -> tuple[torch.Tensor, Pair]:
    both = values(*shape, 2, dtype=dtype)
    return torch.view_as_complex(both), view_as_complex(both)


def same(made: Any, wanted: torch.Tensor) -> None:
    got = torch.complex(made.real, made.imag) if isinstance(made, Pair) else made
    assert got.dtype == wanted.dtype
    exact = 1e-12 if wanted.dtype in (torch.float64, torch.complex128) else 1e-5
    torch.testing.assert_close(got, wanted, rtol=exact, atol=exact * (1 + wanted.abs().max().item()))


@settings(deadline=None)
@given(LENGTHS, st.none() | LENGTHS, st.sampled_from([0, 1, -1, -2]), NORMS, DTYPES)
def test_one_axis(length: int, n: int | None, dim: int, norm: str | None, dtype: torch.dtype) -> None:
    x = values(length, length + 1, dtype=dtype)
    whole, pair = spectrum(length, length + 1, dtype=dtype)
    for name in ("fft", "rfft", "ihfft"):
        same(getattr(spectral, f"fft_{name}")(x, n, dim, norm), getattr(torch.fft, name)(x, n, dim, norm))
    for name in ("fft", "ifft", "irfft", "hfft"):
        same(getattr(spectral, f"fft_{name}")(pair, n, dim, norm), getattr(torch.fft, name)(whole, n, dim, norm))


@settings(deadline=None)
@given(st.none() | st.tuples(LENGTHS, LENGTHS), st.sampled_from([(-2, -1), (0, 2), (1, 0)]), NORMS, DTYPES)
def test_several_axes(s: tuple[int, int] | None, dim: tuple[int, int], norm: str | None, dtype: torch.dtype) -> None:
    x = values(4, 5, 6, dtype=dtype)
    whole, pair = spectrum(4, 5, 6, dtype=dtype)
    for kind in ("fft2", "rfft2", "fftn", "rfftn"):
        same(getattr(spectral, f"fft_{kind}")(x, s, dim, norm), getattr(torch.fft, kind)(x, s, dim, norm))
    for kind in ("fft2", "ifft2", "irfft2", "fftn", "ifftn", "irfftn"):
        same(getattr(spectral, f"fft_{kind}")(pair, s, dim, norm), getattr(torch.fft, kind)(whole, s, dim, norm))
    same(spectral.fft_fftn(x, None, None, norm), torch.fft.fftn(x, norm=norm))
    same(spectral.fft_rfftn(x, s, None, norm), torch.fft.rfftn(x, s, norm=norm))
    same(spectral.fft_irfftn(pair, s, None, norm), torch.fft.irfftn(whole, s, norm=norm))


@settings(max_examples=60, deadline=None)
@given(st.integers(4, 20), st.data(), st.booleans(), st.booleans(), st.booleans(), DTYPES)
def test_stft(
    n_fft: int, data: st.DataObject, normalized: bool, onesided: bool, flat: bool, dtype: torch.dtype
) -> None:
    hop = data.draw(st.none() | st.integers(1, n_fft))
    length = data.draw(st.none() | st.integers(1, n_fft))
    window = data.draw(st.none() | st.just(values(length or n_fft, dtype=dtype)))
    x = values(41, dtype=dtype) if flat else values(2, 41, dtype=dtype)
    options = {"hop_length": hop, "win_length": length, "window": window, "normalized": normalized}
    wanted = torch.stft(x, n_fft, center=False, onesided=onesided, return_complex=True, **options)
    same(spectral.stft(x, n_fft, onesided=onesided, return_complex=True, **options), wanted)
    real = spectral.stft(x, n_fft, onesided=onesided, return_complex=False, **options)
    same(real, torch.view_as_real(wanted))


@settings(max_examples=60, deadline=None)
@given(st.integers(4, 20), st.data(), st.booleans(), st.booleans(), DTYPES)
def test_istft(n_fft: int, data: st.DataObject, normalized: bool, center: bool, dtype: torch.dtype) -> None:
    hop = data.draw(st.none() | st.integers(1, n_fft // 2))
    length = data.draw(st.none() | st.integers(max(1, n_fft // 2), n_fft))
    window = data.draw(st.none() | st.just(values(length or n_fft, dtype=dtype).abs() + 0.5))
    samples = data.draw(st.none() | st.integers(n_fft // 2, 3 * n_fft))
    whole, pair = spectrum(2, n_fft // 2 + 1, 7, dtype=dtype)
    options = {"hop_length": hop, "win_length": length, "window": window, "normalized": normalized, "center": center}
    try:
        wanted = torch.istft(whole, n_fft, length=samples, **options)
    except RuntimeError:  # the windows leave a gap
        return
    same(spectral.istft(pair, n_fft, length=samples, **options), wanted)


def test_a_matrix_that_would_be_too_large_is_not_made() -> None:
    x = torch.zeros(spectral.LONGEST + 1)
    assert spectral.fft_rfft(x) is NotImplemented
    assert spectral.fft_fft2(x[None]) is NotImplemented
    assert spectral.stft(x, len(x)) is NotImplemented


def test_arithmetic_of_pairs() -> None:
    (a, pa), (b, pb), real = spectrum(3, 4), spectrum(3, 1), values(3, 4)
    aten = torch.ops.aten
    for op in (aten.mul.Tensor, aten.div.Tensor, aten.add.Tensor, aten.sub.Tensor):
        same(op(pa, pb), op(a, b))
        same(op(pa, real), op(a, real))
        same(op(pb, real), op(b, real))
        same(op(real, pb), op(real, b))
        same(op(pa, 0.5), op(a, 0.5))
    for op in (aten.abs.default, aten.angle.default, aten.exp.default, aten.conj_physical.default, aten.real.default):
        same(op(pa), op(a))
    same(aten.permute.default(pa, [1, 0]), a.permute(1, 0))
    same(aten.cat.default([pa, pb], 1), torch.cat([a, b], 1))
    same(aten.view_as_real.default(pa), torch.view_as_real(a))
    same(aten.sum.dim_IntList(pa, [1]), a.sum(1))
    with pytest.raises(NotImplementedError, match=r"aten\.tan\.default of a complex tensor"):
        aten.tan.default(pa)
