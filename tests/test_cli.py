from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import deploykit
from deploykit.project import read_project
from tests.conftest import ROOT, Build, Run


def test_version_and_help(cli: Callable[..., Run]) -> None:
    assert cli("--version").out == f"deploykit {deploykit.__version__}\n"
    text = cli("--help").out
    for command in (
        "build",
        "init",
        "inspect",
        "analyze",
        "parity",
        "run",
        "bench",
        "store",
        "diff",
        "sweep",
        "batch",
        "report",
        "cache",
        "probe",
        "bisect",
        "doctor",
    ):
        assert re.search(rf"\b{command}\b", text)


def test_build_prints_verdicts_and_where_things_are(digits: Build) -> None:
    for word in ("ios_coreml", "fp16", "passed", "report/index.html", "android", "ios", "check.py"):
        assert word in digits.run.out
    assert "reference execution, not Apple's runtime" in digits.run.out
    for stage in ("capture", "lower", "run", "parity", "codegen", "report"):
        assert re.search(rf"{stage}\s+[\d.]+ s", digits.run.err)


def test_report_prints_a_build_again(digits: Build, cli: Callable[..., Run], tmp_path: Path) -> None:
    again = cli("report", digits.folder)
    assert again.code == 0
    assert "ios_coreml" in again.out
    missing = cli("report", tmp_path)
    assert missing.code == 2
    assert "does not exist" in missing.err


def test_inspect_shows_a_model_and_an_artifact(digits: Build, cli: Callable[..., Run]) -> None:
    model = cli("inspect", "sample_apps/digits")
    assert "aten.conv2d" in model.out or "aten.convolution" in model.out
    assert "27,610 parameters" in model.out
    artifact = cli("inspect", digits.folder / "artifacts" / "ios_coreml" / "fp16")
    assert "coreml-reference" in artifact.out
    assert "1 × 28 × 28 × 1" in artifact.out


def test_inspect_shows_what_a_core_ml_package_holds(digits: Build, cli: Callable[..., Run]) -> None:
    shown = cli("inspect", digits.folder / "artifacts" / "ios_coreml" / "fp16" / "digits.mlpackage")
    assert shown.code == 0
    assert re.search(r"specification version 8, runs from iOS 17", shown.out)
    assert re.search(r"conv\s+│ 14 ", shown.out)
    assert re.search(r"FLOAT16 \d+, FLOAT32 1\b", shown.out)
    assert "1 × 28 × 28 × 1" in shown.out


def test_run_executes_every_artifact_of_a_build(digits: Build, cli: Callable[..., Run], tmp_path: Path) -> None:
    x = np.random.default_rng(0).random((1, 28, 28, 1))
    np.save(tmp_path / "x.npy", x)
    scores = {}
    for target in ("ios_coreml", "android_onnx", "android_litert"):
        folder = digits.folder / "artifacts" / target / "fp32"
        run = cli("run", folder, "--input", tmp_path / "x.npy", "--out", tmp_path / target)
        assert run.code == 0, run.err
        assert "note: the input 'image' was float64, it is given as float32" in run.out
        assert ("reference execution, not Apple's runtime" in run.out) == (target == "ios_coreml")
        scores[target] = np.load(tmp_path / target / "scores.npy")
    for values in scores.values():
        assert values.shape == (1, 10)
        np.testing.assert_allclose(values, scores["ios_coreml"], 1e-3, 1e-5)
    again = cli("run", digits.folder / "artifacts" / "ios_coreml" / "fp32", "--random", "1", "--mode", "fp64")
    assert re.search(r"scores │ float64 │ 1 × 10 ", again.out)


def test_run_names_what_is_wrong(digits: Build, cli: Callable[..., Run], tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((1, 28, 28), np.int64))
    package = digits.folder / "artifacts" / "ios_coreml" / "fp32" / "digits.mlpackage"
    run = cli("run", package, "--input", f"pixels={tmp_path / 'x.npy'}", "--input", tmp_path / "x.npy")
    assert run.code == 2
    assert "there is no input 'pixels'; the inputs are image" in run.err
    assert "has shape [1, 28, 28], the input 'image' takes float32 [1, 28, 28, 1]" in run.err
    missing = cli("run", package, "--function", "other")
    assert "has no function 'other', but ['main']" in missing.err
    assert "Traceback" not in run.err + missing.err


def test_doctor_lists_converters_runners_and_tools(cli: Callable[..., Run]) -> None:
    text = cli("doctor").out
    for word in ("coremltools", "litert-torch", "coreml-reference", "coreml-apple", "mvn", "swift"):
        assert word in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("build", "nothing"), ("is not an entry",)),
        (("build", "sample_apps/digits", "--target", "android_litertt"), ("no such target", 'mean "android_litert"')),
        (("build", "sample_apps/digits", "--precision", "fp61"), ("no such precision", 'mean "fp16"')),
        (("build", "sample_apps"), ("no such file",)),
        (("build", "sample_apps/digits", "--out", "sample_apps"), ("did not write",)),
        (("inspect", "/nowhere/at/all.toml"), ("no such file",)),
        (("inspect", "/nowhere/x.mlpackage"), ("/nowhere/x.mlpackage is not a folder",)),
        (("run", "x.onnx", "--runner", "onxruntime"), ("x.onnx does not exist", 'mean "onnxruntime"')),
        (("run", "pyproject.toml", "--input", "no.npy"), ("known are .mlpackage, .onnx, .tflite", "no file no.npy")),
    ],
)
def test_wrong_arguments_are_one_clear_error(
    arguments: tuple[str, ...], words: tuple[str, ...], cli: Callable[..., Run]
) -> None:
    run = cli(*arguments)
    assert run.code == 2
    assert "Traceback" not in run.err
    for word in words:
        assert word in run.err


def test_init_looks_at_a_model_and_its_config_builds(tmp_path: Path, cli: Callable[..., Run]) -> None:
    assert cli("init", "timm:mobilenetv3_small_050", cwd=tmp_path).code == 0
    project = read_project(tmp_path / "deploykit.toml")
    assert project.spec.input["image"].shape == (1, 224, 224, 3)
    assert len(project.labels) == 1000
    again = cli("init", "timm:mobilenetv3_small_050", cwd=tmp_path)
    assert again.code == 2
    assert "exists" in again.err
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "m.py").write_text(
        "import torch\ndef net():\n    return torch.nn.Linear(3, 2), torch.randn(1, 3)\n"
    )
    assert cli("init", "models/m.py:net", "--out", "generic.toml", cwd=tmp_path).code == 0
    assert read_project(tmp_path / "generic.toml").spec.model.entry == "models/m.py:net"
    build = cli("build", "generic.toml", "--target", "android_onnx", "--precision", "fp32", cwd=tmp_path)
    assert build.code == 0, build.out + build.err


def test_readme_commands_exist(cli: Callable[..., Run]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in set(re.findall(r"^deploykit (\w+)", readme, re.MULTILINE)):
        assert cli(command, "--help").code == 0, command
