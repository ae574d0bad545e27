from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploykit.errors import ArgumentsError
from deploykit.manifest import ParityRecord
from deploykit.precisions import Precision
from deploykit.tradeoff import Candidate, Wish, candidate, choose, front, metric_of, parse_size

SOME = (
    Candidate("android_litert", "fp32", 1000, "passed", 0.975, 0.975),
    Candidate("android_litert", "fp16", 520, "passed", 0.975, 0.975),
    Candidate("android_litert", "int8", 280, "passed", 0.97, 0.97),
    Candidate("android_litert", "int8-dynamic", 290, "passed", 0.96, 0.96),
    Candidate("android_litert", "int4-weights", 150, "failed", 0.5, 0.5),
    Candidate("android_onnx", "int8", 250, "passed", 0.99, 0.99),
)

candidates = st.builds(
    Candidate,
    st.sampled_from(["a", "b"]),
    st.sampled_from(["fp32", "int8"]),
    st.integers(1, 50),
    st.sampled_from(["passed", "failed", "not_run"]),
    st.integers(0, 20).map(float),
)


@given(st.lists(candidates))
def test_the_front_is_what_passed_and_no_other_beats(found: list[Candidate]) -> None:
    kept = front(found)
    passed = [each for each in found if each.verdict == "passed"]
    assert all(each in passed for each in kept)
    for each in passed:
        beaten = any(o.bytes <= each.bytes and o.score >= each.score and o is not each for o in passed)
        assert each in kept or beaten
    assert list(kept) == sorted(kept, key=lambda each: (each.bytes, each.score))


def test_a_budget_takes_the_best_that_fits_and_a_share_the_smallest_that_has_it() -> None:
    chosen, why = choose(SOME, Wish(budget=600))
    assert chosen == SOME[1]
    assert why == "android_litert at fp16 answers best of those with at most 600 bytes"
    chosen, why = choose(SOME, Wish(min_top1=0.965))
    assert chosen == SOME[2]
    assert "the smallest with at least 96.5% right" in why
    assert choose(SOME, Wish(budget=285, min_top1=0.98))[0] == SOME[5]


def test_what_failed_is_never_chosen_and_the_nearest_are_told() -> None:
    chosen, why = choose(SOME, Wish(budget=200))
    assert chosen is None
    assert "the smallest is android_onnx at int8 with 250 bytes" in why
    chosen, why = choose(SOME, Wish(min_top1=0.995))
    assert chosen is None
    assert "the best is android_onnx at int8 with 99.0%" in why
    assert choose([replace(SOME[0], verdict="failed")], Wish(budget=10**6))[1].endswith("none passed at all")


def test_a_share_of_right_answers_takes_samples() -> None:
    chosen, why = choose([replace(each, top1=None) for each in SOME], Wish(min_top1=0.9))
    assert chosen is None
    assert "it takes an image classifier with [build] samples" in why


@pytest.mark.parametrize(("text", "wanted"), [("5MB", 5_000_000), ("1.5 kB", 1500), ("123", 123), ("2 gb", 0)])
def test_sizes(text: str, wanted: int) -> None:
    if wanted:
        assert parse_size(text) == wanted
    else:
        with pytest.raises(ArgumentsError, match="not a size"):
            parse_size(text)


def record(kind: str, precision: Precision = "int8", **metric: float) -> ParityRecord:
    return ParityRecord(
        target="t", precision=precision, runner="r", input=kind, verdict="passed", snr_db=30.0, metric=metric
    )


def test_a_candidate_has_the_worst_figure_of_its_runners_on_samples() -> None:
    records = [record("samples", top1_accuracy=0.9), record("samples", top1_accuracy=0.8), record("zeros")]
    metric = metric_of(records)
    assert metric == "top1_accuracy"
    made = candidate("t", "int8", 10, "passed", records, metric)
    assert made == Candidate("t", "int8", 10, "passed", 0.8, 0.8)


def test_without_samples_a_candidate_is_measured_in_db() -> None:
    records = [record("random"), record("zeros")]
    assert metric_of(records) is None
    made = candidate("t", "int8", 10, "passed", records, None)
    assert made is not None
    assert (made.score, made.top1) == (30.0, None)
    assert candidate("t", "int8", 10, "passed", [], None) is None
