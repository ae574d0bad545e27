from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploykit.parity.compare import SNR_CAP_DB, compare, deaf, no_spread, snr_db


def draws(*values: float) -> dict[str, np.ndarray]:
    return {"y": np.array([values], np.float32)}


def test_equal_bits_are_capped_and_counted_exact() -> None:
    numbers = compare(draws(1, 2), draws(1, 2))
    assert (numbers.snr_db, numbers.max_abs, numbers.exact) == (SNR_CAP_DB, 0.0, 2)


def test_snr_is_the_definition() -> None:
    # An error of a thousandth of the signal is 60 dB.
    assert snr_db(np.array([1.0, 1.0]), np.array([1e-3, 1e-3])) == pytest.approx(60.0)


@given(st.floats(1e-6, 1e3), st.floats(0.01, 100))
def test_snr_does_not_depend_on_the_scale(error: float, scale: float) -> None:
    signal = np.array([1.0, -2.0, 3.0])
    noise = np.full(3, error)
    assert snr_db(signal * scale, noise * scale) == pytest.approx(snr_db(signal, noise), abs=1e-6)


def test_the_worst_output_counts() -> None:
    reference = {"a": np.ones((1, 4)), "b": np.ones((1, 4))}
    numbers = compare(reference, {"a": np.ones((1, 4)), "b": np.zeros((1, 4))})
    assert numbers.snr_db == pytest.approx(0.0)
    assert numbers.max_rel == 1.0


def test_nan_is_counted_and_never_helps() -> None:
    numbers = compare(draws(1, 2), draws(1, float("nan")))
    assert numbers.non_finite == 1
    assert numbers.snr_db < 10


def test_every_error_is_in_the_histogram() -> None:
    numbers = compare(draws(1, 1, 1, 1), draws(1, 1.5, 1e9, 1 + 1e-6))
    assert sum(numbers.histogram) + numbers.exact == 4


def test_other_names_or_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\['z'\].*\['y'\]"):
        compare(draws(1), {"z": np.ones((1, 1))})
    with pytest.raises(ValueError, match=r"\(3,\).*\(2,\)"):
        compare(draws(1, 2), draws(1, 2, 3))


def test_a_reference_without_spread_proves_nothing() -> None:
    assert "all zeros" in (no_spread(draws(0, 0)) or "")
    assert "no spread" in (no_spread(draws(5, 5)) or "")
    assert "NaN" in (no_spread(draws(1, float("nan"))) or "")
    assert no_spread(draws(1, 2)) is None


def test_a_deaf_network_proves_nothing() -> None:
    same = {"y": np.array([[1.0, 2.0], [1.0, 2.0]])}
    assert deaf(same) is not None
    assert deaf({"y": np.array([[1.0, 2.0], [1.0, 2.1]])}) is None
