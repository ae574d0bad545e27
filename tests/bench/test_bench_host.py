"""Files on this machine: real ones on real runtimes; no figure is held to a bound, since machines are busy."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploykit.bench import host
from deploykit.bench.host import Subject, measure, percentile
from deploykit.bench.memory import peak, reset_peak
from deploykit.report.model import Report
from tests.conftest import Build, deploykit


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60), st.floats(0.01, 1))
def test_a_percentile_is_the_least_value_that_enough_do_not_exceed(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    assert sum(value < found for value in values) < share * len(values) + 1e-9


def test_the_peak_is_what_was_used_since() -> None:
    before = reset_peak()
    assert before is not None
    held = bytearray(64 << 20)
    del held
    after = peak()
    assert after is not None
    assert after - before > 60 << 20


def test_files_take_turns_and_broken_ones_say_why(
    digits: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = digits.folder / "artifacts"
    torn = tmp_path / "torn.onnx"
    torn.write_bytes(b"nothing")
    subjects = [
        Subject("fp32", folder / "android_onnx" / "fp32" / "digits.onnx", 1, "onnxruntime"),
        Subject("torn", torn, 1, "onnxruntime"),
        Subject("fp16", folder / "android_onnx" / "fp16" / "digits.onnx", 1, "onnxruntime"),
    ]
    told: list[str] = []
    monkeypatch.setattr(host, "CHUNK", 2)
    one, broken, two = measure(subjects, 7, 60.0, told.append)
    assert told == ["onnxruntime"]
    assert (one.runs, two.runs, broken.runs) == (7, 7, 0)
    assert one.ratio == 1.0
    for speed in (one, two):
        assert None not in (speed.load_ms, speed.first_ms, speed.median_ms, speed.p95_ms, speed.ratio, speed.peak_bytes)
        assert speed.p95_ms >= speed.median_ms > 0
    assert broken.median_ms is None
    assert "torn.onnx" in broken.note


def test_a_builds_figures_stand_in_its_report(digits: Build, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    shutil.copytree(digits.folder, folder)
    run = deploykit("bench", folder, "--runs", "3", "--limit", "5", "--json", tmp_path / "b.json")
    assert run.code == 0, run.err
    report = Report.model_validate_json((folder / "report" / "report.json").read_text())
    assert report.bench is not None
    assert {speed.by for speed in report.bench.speeds} >= {"litert", "tflite", "onnxruntime", "coreml-reference"}
    assert json.loads((tmp_path / "b.json").read_text()) == report.bench.model_dump(mode="json")
    shared = [speed.name for speed in report.bench.speeds if speed.by == "onnxruntime"]
    assert "android_onnx fp16, ios_onnx fp16" in shared, "one file is measured once"
    page = (folder / "report" / "index.html").read_text()
    assert "On this machine" in page
    before = report.model_copy(update={"bench": None})
    assert before == digits.report


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.tflite"], "nowhere.tflite does not exist"),
        (["README.md"], "what kind of file is it? Known are"),
        (["README.md", "--runner", "onnx"], "no such runner"),
        (["README.md", "--adb"], "--adb takes --tool FILE"),
        (["README.md", "--adb", "--tool", "none"], "--tool none does not exist"),
    ],
)
def test_what_is_wrong_is_said(arguments: list[str], words: str) -> None:
    run = deploykit("bench", *arguments)
    assert run.code == 2
    assert words in " ".join(run.err.split())
