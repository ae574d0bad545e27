"""Rankings are compared as sets of rows; what is wrong in a row still shows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploykit.parity.compare import compare
from deploykit.parity.ranking import align, tied

RANKED = ("boxes", "scores", "index")


def detections(seed: int = 0, draws: int = 3, count: int = 12) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    scores = -np.sort(-rng.uniform(0, 1, (draws, count)).astype(np.float32), axis=1)
    return {
        "boxes": rng.uniform(0, 100, (draws, count, 4)).astype(np.float32),
        "scores": scores,
        "index": np.stack([rng.permutation(500)[:count] for _ in range(draws)]),
        "other": rng.normal(size=(draws, 7)).astype(np.float32),
    }


@settings(deadline=None)  # the first example imports SciPy
@given(st.integers(0, 1000), st.permutations(range(12)))
def test_any_order_of_the_same_rows_is_right(seed: int, order: list[int]) -> None:
    want = detections(seed)
    swapped = {name: want[name][:, order] for name in RANKED} | {"other": want["other"]}
    aligned, share = align(want, swapped, RANKED)
    assert share == 1.0
    for name in want:
        np.testing.assert_array_equal(aligned[name], want[name])


def test_a_small_error_in_every_row_is_measured() -> None:
    want = detections()
    noisy = want | {"boxes": want["boxes"][:, ::-1] * np.float32(1.001)}
    noisy |= {"scores": want["scores"][:, ::-1], "index": want["index"][:, ::-1]}
    aligned, share = align(want, noisy, RANKED)
    assert share == 1.0
    assert compare(want, aligned).snr_db == pytest.approx(60.0, abs=0.1)


def test_a_row_that_is_not_the_references_lowers_the_share_and_nothing_else() -> None:
    want = detections()
    other = {name: values.copy() for name, values in want.items()}
    other["boxes"][1, 11] += 50
    aligned, share = align(want, other, RANKED)
    assert share == pytest.approx(35 / 36)
    assert compare(want, aligned).snr_db == 300.0


def test_boxes_that_belong_to_other_scores_are_wrong() -> None:
    want = detections()
    _, share = align(want, want | {"boxes": want["boxes"][:, ::-1]}, RANKED)
    assert share < 0.2


def test_zeros_and_nan_are_wrong() -> None:
    want = detections()
    for value in (0, np.nan):
        _, share = align(want, want | {"boxes": np.full_like(want["boxes"], value)}, RANKED)
        assert share == 0.0


def test_without_rankings_nothing_changes() -> None:
    want = detections()
    assert align(want, want, ()) == (want, 1.0)


def test_different_numbers_of_rows_are_refused() -> None:
    want = detections()
    with pytest.raises(ValueError, match="different numbers of rows"):
        align(want, want, ("scores", "other"))


def test_tied_scores_have_no_order() -> None:
    want = detections()
    assert tied(want, RANKED) is None
    same = want | {"scores": np.full_like(want["scores"], 0.5)}
    assert "scores are tied" in (tied(same, RANKED) or "")


def test_integers_are_compared_by_agreement() -> None:
    want = {"map": np.arange(10).reshape(1, 10)}
    numbers = compare(want, {"map": np.where(np.arange(10) == 3, 9, np.arange(10)).reshape(1, 10)})
    assert numbers.snr_db is None
    assert numbers.index_agreement == pytest.approx(0.9)
    both = compare(want | {"y": np.ones((1, 2))}, {"map": want["map"].astype(np.int32), "y": np.ones((1, 2))})
    assert (both.snr_db, both.index_agreement) == (300.0, 1.0)
