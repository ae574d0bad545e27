"""What the command line says at the end of a build."""

from __future__ import annotations

from pathlib import Path

from deploykit.console import where
from tests.report.report_cases import good, mixed, record


def test_a_wrong_file_comes_with_the_command_that_finds_its_op() -> None:
    report = mixed()  # android_litert's fp32 twin is wrong
    (wrong,) = (a for a in report.artifacts if any(g.gate == "fp32 twin" and g.verdict == "failed" for g in a.gates))
    said = where(report, Path("out"), "model.py:net").plain
    assert said.count(f"deploykit bisect model.py:net --road '{wrong.backend}/{wrong.road}'") == 1


def test_so_does_one_that_is_wrong_itself_and_right_ones_do_not() -> None:
    report = good()
    assert "bisect" not in where(report, Path("out")).plain
    broken = report.model_copy(update={"parity": (record("ios_onnx", "fp32", "onnxruntime", "random", 12.0),)})
    assert where(broken, Path("out")).plain.count("deploykit bisect MODEL --road 'onnx/") == 1
