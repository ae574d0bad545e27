"""`deploykit analyze`, as a user calls it: on files that are in the repository, and on what is no artifact."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from deploykit.backends.litert.analyzer import _custom
from tests.conftest import ROOT, Run

DIGITS = ROOT / "sample_apps" / "digits"
TFLITE = DIGITS / "android/digits/src/main/assets/ai.deploykit.samples.digits/model.tflite"
PACKAGE = DIGITS / "ios/Sources/Digits/Model/Digits.mlpackage"

Cli = Callable[..., Run]


def test_a_tflite_file(cli: Cli) -> None:
    run = cli("analyze", TFLITE)
    assert run.code == 0, run.err
    for word in ("TFLite GPU delegate", "NNAPI, level", "XNNPACK (CPU)", "measured", "documentation", "multiply-adds"):
        assert word in run.out


def test_json_has_everything_and_is_the_same_twice(cli: Cli) -> None:
    first = cli("analyze", TFLITE, "--json").out
    assert first == cli("analyze", TFLITE, "--json").out
    (told,) = json.loads(first)
    assert told["artifact"] == "model.tflite"
    assert sum(op.get("macs", 0) for op in told["ops"]) == told["macs"] > 1e6
    for one in told["accelerators"]:
        assert len(one["verdicts"]) == len(told["ops"])
        assert one["evidence"] in ("measured", "vendor's tool", "documentation", "folklore")
        assert one["source"]
        assert one["version"]


def test_a_core_ml_package(cli: Cli) -> None:
    (told,) = json.loads(cli("analyze", PACKAGE, "--json").out)
    names = {one["name"]: one for one in told["accelerators"]}
    assert set(names) == {"coreml_all", "coreml_cpu", "coreml_gpu", "coreml_ne"}
    assert set(names["coreml_cpu"]["verdicts"]) == {"t"}
    assert names["coreml_ne"]["evidence"] == "folklore"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("m.tflite", b"no model", "is no TFLite model that can be read"),
        ("m.onnx", b"no model", "is no ONNX model that can be read"),
        ("m.txt", b"text", "cannot be analysed; give a file (.tflite, .onnx, .mlpackage)"),
        ("custom.tflite", _custom(), "deploykit.NoGpuHasThis"),
        ("none.tflite", None, "does not exist"),
        ("manifest.json", b"{}", "manifest.json cannot be read"),
    ],
)
def test_what_is_no_artifact_is_told(name: str, content: bytes | None, said: str, cli: Cli, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    run = cli("analyze", tmp_path / name)
    assert run.code == 2
    assert said in run.err
    assert "Traceback" not in run.out + run.err


def test_an_empty_folder_and_a_damaged_package(cli: Cli, tmp_path: Path) -> None:
    assert "give a file" in cli("analyze", tmp_path).err
    package = tmp_path / "x.mlpackage"
    shutil.copytree(PACKAGE, package)
    (package / "Data/com.apple.CoreML/model.mlmodel").write_bytes(b"\xff" * 40)
    run = cli("analyze", package)
    assert (run.code, "Traceback" in run.err) == (2, False)
    assert "is not a Core ML specification" in run.err
