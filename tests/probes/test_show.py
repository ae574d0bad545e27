from __future__ import annotations

from io import StringIO

from rich.console import Console

from deploykit.probes.page import page
from deploykit.probes.results import Finding, Record, Results, RoadState, loudest_first
from deploykit.probes.show import summary

RIGHT, REFUSED = (
    Finding(outcome="right", snr_db=140.0, max_abs=1e-7),
    Finding(outcome="refused", reason="E: no such op"),
)


def wrong(db: float) -> Finding:
    return Finding(outcome="wrong", snr_db=db, max_abs=1.0, reason=f"y0: {db} dB")


def record(case: str, bare: Finding, rewritten: Finding | None = None, **more: object) -> Record:
    made = {"case": case, "road": "onnx/dynamo", "bare": bare, "rewritten": rewritten} | more
    return Record.model_validate(made)


RESULTS = Results(
    versions={"torch": "2.14.1"},
    roads={"onnx/dynamo": RoadState(code="0", rewrites=("a rewrite",))},
    records=(
        record("relu[4x32]", RIGHT),
        record("tanh[4x32]", wrong(40.0)),
        record("sin[4x32]", wrong(2.0)),
        record("cos[4x32]", wrong(-5.0), RIGHT, rewrites=("a rewrite",)),
        record("erf[4x32]", REFUSED, cure=("another",)),
        record("y|z", Finding(outcome="wrong", max_abs=3.0, reason="y0: 2 of 9 int64 values differ")),
    ),
)


def test_what_stays_wrong_comes_first_and_the_loudest_of_it() -> None:
    assert [item.case for item in loudest_first(RESULTS.records)] == ["y|z", "sin[4x32]", "tanh[4x32]", "cos[4x32]"]


def test_the_summary_counts_and_names_cures() -> None:
    text = StringIO()
    Console(file=text, width=200).print(summary(RESULTS))
    lines = [" ".join(line.split()) for line in text.getvalue().splitlines()]
    assert "onnx/dynamo without 1 0 4 1 0 0" in lines
    assert "with 2 0 3 1 0 0" in lines
    assert "onnx/dynamo sin[4x32] 2.0 dB" in lines
    assert "onnx/dynamo cos[4x32] -5.0 dB cured: a rewrite" in lines
    assert "onnx/dynamo y|z 2 of 9 int64 values differ" in lines
    assert "onnx/dynamo erf[4x32] would be cured by: another" in lines


def test_the_page_says_the_same() -> None:
    text = page(RESULTS)
    assert "| onnx/dynamo | without | 1 | 0 | 4 | 1 | 0 | 0 |" in text
    assert "| onnx/dynamo | `cos[4x32]` | -5.0 dB |  | cured: a rewrite |" in text
    assert "| onnx/dynamo | `y\\|z` | 2 of 9 int64 values differ |  |  |" in text
    assert "| onnx/dynamo | `erf[4x32]` | E: no such op | would be cured by: another |" in text
    assert "torch 2.14.1" in text
    assert "| activation | 2 of 5, **2 wrong** |" in text
