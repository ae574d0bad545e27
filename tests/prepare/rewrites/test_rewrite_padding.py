"""Negative padding: the same numbers, without a negative number."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from deploykit.prepare.rewrites.padding import at_rank_four, constant_pad

SIZES = st.integers(-2, 3)


@given(st.lists(st.tuples(SIZES, SIZES), min_size=1, max_size=3), st.floats(-2, 2))
def test_constant_pad(pairs: list[tuple[int, int]], value: float) -> None:
    x = torch.arange(2 * 5 * 6 * 7.0).reshape(2, 5, 6, 7)
    pad = [size for pair in pairs for size in pair]
    given = constant_pad(x, pad, "constant", value)
    if min(pad) >= 0:
        assert given is NotImplemented
    else:
        assert torch.equal(given, F.pad(x, pad, value=value))
        assert torch.equal(constant_pad(x, pad, value), given)


def test_other_modes_are_left_alone() -> None:
    assert constant_pad(torch.zeros(1, 4), [-1, 0], "reflect") is NotImplemented


@given(st.lists(st.tuples(SIZES, SIZES), min_size=1, max_size=3))
def test_circular(pairs: list[tuple[int, int]]) -> None:
    x = torch.arange(2 * 5 * 6 * 7.0).reshape(1, 2, 5, 6, 7)[:, :, :, :, :7]
    x = x if len(pairs) == 3 else x[0] if len(pairs) == 2 else x[0, 0]
    pad = [size for pair in pairs for size in pair]
    assert torch.equal(constant_pad(x, pad, "circular"), F.pad(x, pad, mode="circular"))


POSITIVE = st.tuples(st.integers(0, 3), st.integers(0, 3))


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.data(), st.sampled_from([None, 0.0, 1.5]))
def test_rows_are_padded_at_rank_four(shape: list[int], data: st.DataObject, value: float | None) -> None:
    x = torch.arange(float(torch.Size(shape).numel())).reshape(shape)
    pad = [size for pair in data.draw(st.lists(POSITIVE, min_size=1, max_size=len(shape))) for size in pair]
    made = at_rank_four(x, pad, "constant", value)
    if len(shape) in (2, 3) and shape[0] != 1:
        assert torch.equal(made, F.pad(x, pad, value=value))
    else:
        assert made is NotImplemented


def test_reflections_are_left_alone() -> None:
    assert at_rank_four(torch.zeros(2, 4), [1, 0], "reflect") is NotImplemented
