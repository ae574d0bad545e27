"""The coverage table: what counts as a pass, and what is said of the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.formats.table import markdown, passed, summary
from benchmarks.processes import run_module
from benchmarks.survey import LIST, names_of


def figures(db: float | None = 120.0, verdict: str = "passed", **more: Any) -> dict[str, Any]:
    roads = [{"road": "first", "outcome": "failed", "reason": "no op a|b"}, {"road": "second", "outcome": "kept"}]
    closest = {"db": db, "required_db": 70.0, "input": "zeros", "random_db": db}
    return {"verdict": verdict, "reason": "", "road": "second", "roads": roads, "seconds": 3.0} | closest | more


RIGHT = {"name": "right", "formats": {name: figures() for name in ("onnx", "tflite", "coreml")}}
WRONG = {
    "name": "wrong",
    "formats": RIGHT["formats"] | {"tflite": figures(4.0, "failed", reason="4.0 dB is below the 70.0 dB demanded")},
    "bare": {
        "onnx": {"verdict": "passed", "db": 99.0},
        "tflite": {"verdict": "failed", "db": 4.4},
        "coreml": {"verdict": "not_run"},
    },
}
UNKNOWN = {"name": "unknown", "formats": RIGHT["formats"] | {"coreml": figures(None, "not_run")}}
HARD = {"name": "hard", "formats": RIGHT["formats"] | {"onnx": figures(33.5, required_db=30.0, random_db=95.0)}}
CRASHED = {"name": "crashed", "failed": "the process ended with code -6"}


def test_only_three_passes_are_a_pass() -> None:
    assert [passed(row) for row in (RIGHT, WRONG, UNKNOWN, CRASHED)] == [True, False, False, False]


def test_a_line_says_what_is_wrong() -> None:
    assert summary(RIGHT).startswith("   ONNX 120 dB by second 3 s")
    assert "TFLite 4 dB by second 3 s: 4.0 dB is below" in summary(WRONG)
    assert "Core ML – by second 3 s: first: no op a|b" in summary(UNKNOWN)
    assert summary(CRASHED) == "FAILED: the process ended with code -6"


def test_the_page() -> None:
    page = markdown([RIGHT, WRONG, UNKNOWN, HARD, CRASHED])
    assert "Of 5 models 2 pass in all three formats at fp32: ONNX 4, TFLite 3, Core ML 3." in page
    assert "| hard | 95 dB (zeros: 34 dB of 30), second, 3 s | 120 dB, second, 3 s |" in page
    assert "bring 0 of 1 through all three: ONNX 1, TFLite 0, Core ML 1" in page
    assert "| wrong | 120 dB, second, 3 s | **failed**: 4.0 dB is below the 70.0 dB demanded |" in page
    assert "| 99 dB, **4 dB**, ✓ |" in page
    assert "| crashed | failed: the process ended with code -6 | – | – |" in page
    assert "| right | ONNX | first | no op a\\|b |" in page


def test_a_list_is_read_and_another_file_refused(tmp_path: Path) -> None:
    assert len(names_of(LIST)) == 52
    (tmp_path / "list.py").write_text("MODEL = {}\n")
    with pytest.raises(SystemExit, match=r"list.py is no list of models: KeyError: 'MODELS'"):
        names_of(tmp_path / "list.py")


def test_how_a_process_ended() -> None:
    assert run_module("this", [], 60) == ""
    assert run_module("json.tool", ["/nowhere"], 60).startswith("the process ended with code ")
    assert run_module("http.server", ["0"], 0.5).startswith("not done after 0 s")
