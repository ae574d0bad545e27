from __future__ import annotations

import pytest

from deploykit.parity.compare import Comparison
from deploykit.parity.tolerance import judge, required_snr_db
from deploykit.precisions import Precision
from deploykit.spec import BoundSpec


def numbers(snr: float, bad: int = 0) -> Comparison:
    return Comparison(snr, 0.1, 0.1, bad, (), 0)


@pytest.mark.parametrize(
    ("precision", "floor", "wanted"),
    [
        ("fp32", 130.0, 70.0),
        ("fp32", None, 70.0),
        ("fp32", 60.0, 45.0),
        ("fp16", 90.0, 50.0),
        ("fp16", 40.0, 34.0),
        ("fp16", 0.0, 20.0),
        ("fp32", -3.0, 30.0),
    ],
)
def test_demanded_is_guidance_or_the_floor_less_its_margin(
    precision: Precision, floor: float | None, wanted: float
) -> None:
    assert required_snr_db(precision, floor, None) == wanted


def test_a_projects_own_bound_wins_and_its_reason_is_told() -> None:
    own = BoundSpec(snr_db=20.0, reason="int8 camera noise is larger")
    assert required_snr_db("fp32", 130.0, own) == 20.0
    verdict, reason = judge(numbers(25.0), 20.0, "fp32", {}, own)
    assert verdict == "passed"
    assert "int8 camera noise" in reason


def test_a_projects_own_share_wins_and_leaves_the_decibels_as_they_are() -> None:
    own = BoundSpec(agreement=0.8, reason="a second network looks at what this one finds")
    assert required_snr_db("int8", 50.0, own) == 40.0
    assert judge(numbers(45.0), 40.0, "int8", {"box_agreement": 0.85}, own)[0] == "passed"
    assert judge(numbers(45.0), 40.0, "int8", {"box_agreement": 0.79}, own)[0] == "failed"


def test_verdicts() -> None:
    assert judge(numbers(80.0), 70.0, "fp32", {}, None)[0] == "passed"
    assert judge(numbers(69.9), 70.0, "fp32", {}, None) == ("failed", "69.9 dB is below the 70.0 dB demanded")
    assert judge(numbers(80.0, bad=3), 70.0, "fp32", {}, None)[0] == "failed"
    for figure in ("top1_agreement", "index_agreement", "row_agreement"):
        verdict, reason = judge(numbers(80.0), 70.0, "fp32", {figure: 0.9}, None)
        assert verdict == "failed"
        assert "90.0%; 99.9% is demanded" in reason


def test_a_model_of_indices_alone_is_judged_by_agreement() -> None:
    alone = Comparison(None, 0.0, 0.0, 0, (), 0, 1.0)
    assert judge(alone, 70.0, "fp32", {"index_agreement": 1.0}, None) == ("passed", "demanded: 99.9% equal")
    assert judge(alone, 70.0, "fp32", {"index_agreement": 0.99}, None)[0] == "failed"
