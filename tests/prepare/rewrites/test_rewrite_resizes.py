"""Nearest and bilinear resizes against PyTorch's own, by size and by factor."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deploykit.prepare.rewrites.linear import by_factor
from deploykit.prepare.rewrites.nearest import fractional

SIZES = st.integers(1, 40)
FACTORS = st.floats(0.3, 4).map(lambda factor: round(factor, 3))
DTYPES = st.sampled_from([torch.float32, torch.float64])


@settings(deadline=None, max_examples=200)
@given(SIZES, SIZES, SIZES, SIZES, DTYPES)
def test_nearest_by_size(h: int, w: int, new_h: int, new_w: int, dtype: torch.dtype) -> None:
    x = torch.arange(2.0 * h * w, dtype=dtype).reshape(1, 2, h, w)
    made = fractional(x, [new_h, new_w], None)
    if made is NotImplemented:
        assert new_h % h == new_w % w == 0
    else:
        assert torch.equal(made, F.interpolate(x, size=(new_h, new_w), mode="nearest"))


@settings(deadline=None, max_examples=200)
@given(SIZES, FACTORS, FACTORS, DTYPES)
@example(29, 4.0, 2.125, torch.float32)
def test_nearest_by_factor(size: int, a: float, b: float, dtype: torch.dtype) -> None:
    x = torch.arange(2.0 * size * 7, dtype=dtype).reshape(1, 2, size, 7)
    if int(size * a) < 1:
        return
    wanted = F.interpolate(x, scale_factor=(a, b), mode="nearest")
    made = fractional(x, None, [a, b])
    by_sizes = F.interpolate(x, size=wanted.shape[-2:], mode="nearest")
    assert torch.equal(by_sizes if made is NotImplemented else made, wanted)
    default = fractional(x, wanted.shape[-2:], a, b)
    assert torch.equal(by_sizes if default is NotImplemented else default, wanted)


@settings(deadline=None)
@given(SIZES, st.integers(1, 4))
def test_nearest_that_repeats_is_left_alone(size: int, times: int) -> None:
    assert fractional(torch.zeros(1, 1, size, size), [size * times] * 2) is NotImplemented
    assert fractional(torch.zeros(1, 1, size, size), None, [float(times)] * 2) is NotImplemented


@settings(deadline=None, max_examples=200)
@given(st.integers(4, 40), FACTORS, FACTORS, DTYPES)
def test_bilinear_by_factor(size: int, a: float, b: float, dtype: torch.dtype) -> None:
    x = torch.randn(1, 2, size, 9, dtype=dtype, generator=torch.Generator().manual_seed(size))
    made = by_factor(x, None, False, [a, b])
    wanted = F.interpolate(x, scale_factor=(a, b), mode="bilinear")
    if made is NotImplemented:
        assert all(n in (old, old * f) for n, old, f in zip(wanted.shape[-2:], (size, 9), (a, b), strict=True))
    else:
        torch.testing.assert_close(made, wanted, rtol=1e-4, atol=1e-4)  # PyTorch steps in float32


def test_bilinear_by_size_is_left_alone() -> None:
    x = torch.zeros(1, 1, 7, 7)
    assert by_factor(x, [10, 10], False) is NotImplemented
    assert by_factor(x, None, True, [1.5, 1.5]) is NotImplemented
