"""Figures to positions."""

from __future__ import annotations

import pytest
import report_cases
from hypothesis import given
from hypothesis import strategies as st

from deploykit.outputs import ScoresOutput, TensorOutput
from deploykit.report import plots, words
from deploykit.spec import ImageInput, TensorInput


@given(st.floats(allow_nan=False))
def test_an_axis_never_leaves_its_strip(value: float) -> None:
    axis = plots.Axis(0.0, 100.0)
    assert axis.left <= axis.at(value) <= axis.right


def test_equal_bits_have_a_place_of_their_own() -> None:
    records = [report_cases.record("t", "fp32", "r", "random", value) for value in (300.0, 80.0)]
    axis = plots.snr_axis(records)
    assert axis.ticks[-1].label == "equal"
    strip = plots.snr_strip(axis, records[:1], ["random"], "t")
    assert strip.dots[0].x == 96.0
    assert axis.at(axis.high) < 96.0


def test_a_negative_ratio_is_on_the_axis() -> None:
    axis = plots.snr_axis([report_cases.record("t", "fp32", "r", "random", -2.0)])
    assert (axis.low, axis.high) == (-20, 140)  # the floor is 131.2 dB


def test_an_axis_without_figures() -> None:
    axis = plots.snr_axis([])
    assert [tick.label for tick in axis.ticks] == ["0", "20", "40", "60", "80", "100"]


def test_histogram_bars_touch_and_fit() -> None:
    profile = report_cases.profile("t", "fp32", "r", "random", 130.0)
    axis = plots.error_axis([profile])
    assert axis is not None
    panel = plots.error_panel(axis, profile)
    assert all(bar.x >= 0 and bar.x + bar.width <= 100 and 0 < bar.height <= 100 for bar in panel.bars)
    assert max(bar.height for bar in panel.bars) == 92
    assert panel.exact is not None
    assert panel.exact.title == f"exactly equal: 12 of {sum(profile.counts) + 12}"


def test_only_exact_values_give_no_axis() -> None:
    profile = report_cases.profile("t", "fp32", "r", "zeros", 130.0)
    assert plots.error_axis([profile.model_copy(update={"counts": (0,) * 25})]) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (248_312, "248 kB"),
        (999_600, "1000 kB"),
        (1_234_567, "1.23 MB"),
        (None, "–"),
    ],
)
def test_sizes(value: int | None, text: str) -> None:
    assert words.size(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.004, "0.00 s"), (9.994, "9.99 s"), (59.97, "60.0 s"), (125, "2 min 05 s")]
)
def test_seconds(value: float, text: str) -> None:
    assert words.seconds(value) == text


@pytest.mark.parametrize(("value", "text"), [(1.0, "100 %"), (0.9999, "99.9 %"), (0.9778, "97.8 %"), (0.0, "0.0 %")])
def test_percent_never_rounds_up_to_whole(value: float, text: str) -> None:
    assert words.percent(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(2.4e-7, "2.4×10⁻⁷"), (0.0, "0"), (float("inf"), "inf"), (None, "–"), (12.0, "1.2×10¹")]
)
def test_scientific(value: float | None, text: str) -> None:
    assert words.scientific(value) == text


def test_contracts_in_words() -> None:
    image = ImageInput(type="image", size=(224, 192), crop="center", resize="bicubic")
    assert words.input_words(image) == (
        "a colour picture of any size, its middle cut out and resized to 192 × 224 pixels (bicubic) by the SDK"
    )
    tensor = TensorInput(type="tensor", shape=(1, 3, 8), range=(0, 9), dtype="int32")
    assert words.input_words(tensor) == "a tensor of int32, 1 × 3 × 8, tested with values from 0 to 9"
    many = tuple(f"class {n}" for n in range(1000))
    assert words.output_words(ScoresOutput(type="scores"), many) == (
        "a score for each of 1,000 labels (softmax): class 0, class 1, class 2, class 3 … class 999"
    )
    assert words.output_words(TensorOutput(type="tensor"), ()) == "a tensor"
