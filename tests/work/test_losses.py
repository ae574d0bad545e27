"""Whose noise counts in a file with integers."""

from __future__ import annotations

import pytest

from deploykit.work.losses import _Op, lasting


def op(noise: float | None, *operands: str) -> _Op:
    return _Op("conv", operands, 1.0, noise)


def test_noise_that_every_taker_makes_good_does_not_last() -> None:
    ops = {"a": op(0.9), "b": op(0.01, "a"), "c": op(0.02, "a"), "d": op(0.03, "b", "c")}
    assert lasting(ops) == pytest.approx({"a": 0.02, "b": 0.01, "c": 0.02, "d": 0.03})


def test_noise_that_one_taker_passes_on_lasts() -> None:
    ops = {"a": op(0.5), "b": op(0.01, "a"), "c": op(0.6, "a"), "d": op(0.6, "c")}
    assert lasting(ops)["a"] == 0.5


def test_through_what_became_one_with_others_noise_is_seen() -> None:
    ops = {"a": op(0.5), "b": op(None, "a"), "c": op(0.01, "b"), "d": op(None, "c")}
    assert lasting(ops) == {"c": 0.01, "b": 0.01, "a": 0.01}


def test_an_output_that_nobody_takes_counts_as_it_is() -> None:
    assert lasting({"a": op(0.5), "b": op(0.0, "a")}) == {"b": 0.0, "a": 0.0}
    assert lasting({"a": op(0.5)}) == {"a": 0.5}
