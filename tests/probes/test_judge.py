from __future__ import annotations

import numpy as np
import pytest

from deploykit.probes.judge import judge

X = {"y0": np.linspace(-1, 2, 50, dtype=np.float32)}


def with_noise(db: float) -> dict[str, np.ndarray]:
    noise = np.random.default_rng(0).standard_normal(50)
    noise *= np.sqrt(np.square(X["y0"]).sum() / np.square(noise).sum()) * 10 ** (-db / 20)
    return {"y0": X["y0"] + noise}


@pytest.mark.parametrize(("db", "outcome"), [(120, "right"), (90, "rough"), (65, "rough"), (50, "wrong"), (0, "wrong")])
def test_floats_by_their_decibels(db: float, outcome: str) -> None:
    found = judge(X, X, with_noise(db))
    assert found.outcome == outcome
    assert found.snr_db == pytest.approx(db, abs=0.2)


def test_no_stricter_than_pytorchs_own_rounding_but_never_below_60() -> None:
    assert judge(X, with_noise(100), with_noise(90)).outcome == "right"
    assert judge(X, with_noise(100), with_noise(90)).required_db == pytest.approx(85, abs=0.2)
    assert judge(X, with_noise(20), with_noise(50)).outcome == "wrong"


def test_integers_and_booleans_have_to_be_equal_whatever_their_width() -> None:
    wanted = {"y0": np.array([3, -1, 7])}
    assert judge(wanted, wanted, {"y0": np.array([3, -1, 7], np.int32)}).outcome == "right"
    off = judge(wanted, wanted, {"y0": np.array([3, -1, 8], np.int32)})
    assert (off.outcome, off.max_abs) == ("wrong", 1.0)
    truth = {"y0": np.array([True, False])}
    assert judge(truth, truth, {"y0": np.array([1.0, 0.0], np.float32)}).outcome == "right"
    assert judge(truth, truth, {"y0": np.array([1.0, 1.0], np.float32)}).outcome == "wrong"


def test_shapes_missing_outputs_and_specials() -> None:
    assert "should be [50]" in judge(X, X, {"y0": X["y0"][None]}).reason
    assert judge(X, X, {"other": X["y0"]}).outcome == "wrong"
    special = {"y0": np.array([1.0, np.nan, np.inf, -np.inf, 2.0], np.float32)}
    assert judge(special, special, special).outcome == "right"
    for change in ((1, 0.0), (2, -np.inf), (0, np.nan)):
        changed = special["y0"].copy()
        changed[change[0]] = change[1]
        assert judge(special, special, {"y0": changed}).outcome == "wrong"
