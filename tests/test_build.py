"""What `deploykit build` makes of the sample projects, and how it ends when something is wrong."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import onnx
import pytest
from ai_edge_litert.interpreter import Interpreter
from coremltools.proto import Model_pb2

from deploykit import vulkan
from deploykit.manifest import Manifest
from tests.conftest import ROOT, Build, Run

TARGETS = {"android_litert", "android_tflite", "android_onnx", "ios_coreml", "ios_onnx"}


def test_every_verdict_of_digits_is_passed(digits: Build) -> None:
    report = digits.report
    assert digits.run.code == 0, digits.run.err
    assert {(a.target, a.precision, a.verdict) for a in report.artifacts} == {
        (target, precision, "passed") for target in TARGETS for precision in ("fp32", "fp16")
    }
    assert {record.verdict for record in report.parity} == {"passed"}
    assert {record.input for record in report.parity} == {"random", "zeros", "extremes", "samples"}
    assert all(record.snr_db > 70 for record in report.parity if record.precision == "fp32" and record.snr_db)
    assert all(record.snr_db and record.floor_snr_db for record in report.parity)


def test_accuracy_on_held_out_digits_stands_side_by_side(digits: Build) -> None:
    metrics = [r.metric for r in digits.report.parity if r.input == "samples" and r.runner != "litert-gpu"]
    assert len(metrics) == 10
    for metric in metrics:
        assert metric["reference_top1_accuracy"] >= 0.97
        assert abs(metric["top1_accuracy"] - metric["reference_top1_accuracy"]) <= 0.005


@pytest.mark.skipif(vulkan.unavailable() is not None, reason=str(vulkan.unavailable()))
def test_the_gpu_has_its_own_verdicts(digits: Build) -> None:
    found = [record for record in digits.report.parity if record.runner == "litert-gpu"]
    assert {(r.target, r.precision, r.input) for r in found} == {
        ("android_litert", precision, kind)
        for precision in ("fp32", "fp16")
        for kind in ("random", "zeros", "extremes", "samples")
    }
    for record in found:
        assert record.gpu is not None
        assert (record.gpu.on_cpu, record.gpu.equal_bits, record.draws <= 4) == (0, False, True)
        assert (record.snr_db or 0) > (110 if record.precision == "fp32" else record.required_snr_db or 0)
    assert digits.report.absent == {}


def test_without_a_driver_the_gpu_is_left_out_and_that_is_told(tmp_path: Path, cli: Callable[..., Run]) -> None:
    given = ("--target", "android_litert", "--precision", "fp32", "--out", tmp_path / "out")
    done = cli("build", "sample_apps/digits", *given, VK_DRIVER_FILES=tmp_path / "no.json")
    assert done.code == 0, done.err
    assert "Without litert-gpu: VK_DRIVER_FILES or VK_ICD_FILENAMES names" in done.out
    report = Build(tmp_path / "out", done).report
    assert {record.runner for record in report.parity} == {"litert"}
    assert "no.json, which is not there" in report.absent["litert-gpu"]


def test_names_of_the_contract_are_in_every_file(digits: Build) -> None:
    at = digits.folder / "artifacts"
    for precision in ("fp32", "fp16"):
        graph = onnx.load(at / "android_onnx" / precision / "digits.onnx").graph
        assert ([i.name for i in graph.input], [o.name for o in graph.output]) == (["image"], ["scores"])
        tflite = Interpreter(str(at / "android_litert" / precision / "digits.tflite"))
        assert tflite.get_signature_list() == {"serving_default": {"inputs": ["image"], "outputs": ["scores"]}}
        spec = Model_pb2.Model.FromString(
            (at / "ios_coreml" / precision / "digits.mlpackage/Data/com.apple.CoreML/model.mlmodel").read_bytes()
        )
        assert [i.name for i in spec.description.input] == ["image"]
        assert [o.name for o in spec.description.output] == ["scores"]
        assert spec.specificationVersion == 8  # iOS 17


def test_manifests_tell_the_truth(digits: Build) -> None:
    for record in digits.report.artifacts:
        assert record.path is not None
        file = digits.folder / record.path
        manifest = Manifest.model_validate_json((file.parent / "manifest.json").read_text())
        assert (manifest.file, manifest.bytes, manifest.sha256) == (file.name, record.bytes, record.sha256)
        assert manifest.verdict == "passed"
        assert manifest.tools
        assert record.roads_tried[0].outcome == "kept"


def test_fp16_is_smaller(digits: Build) -> None:
    size = {(a.target, a.precision): a.bytes or 0 for a in digits.report.artifacts}
    for target in TARGETS:
        assert size[target, "fp16"] < 0.8 * size[target, "fp32"]


def test_what_stands_in_the_output_folder(digits: Build) -> None:
    assert sorted(p.name for p in digits.folder.iterdir()) == ["android", "artifacts", "ios", "mac", "report"]
    assert (digits.folder / "android" / "settings.gradle.kts").is_file()
    assert (digits.folder / "ios" / "Package.swift").is_file()
    assert ElementTree.parse(digits.folder / "report" / "junit.xml").getroot().get("failures") in (None, "0")
    data = json.loads((digits.folder / "report" / "report.json").read_text())
    assert {"artifacts", "parity", "stages", "model", "versions"} <= set(data)
    assert [stage["stage"] for stage in data["stages"]][-4:] == ["lower", "run", "parity", "codegen"]


def test_nothing_of_this_machine_is_in_what_is_delivered(digits: Build) -> None:
    texts = [p for p in digits.folder.rglob("*") if p.is_file() and "logs" not in p.parts]
    for file in texts:
        data = file.read_bytes()
        for word in (str(ROOT), str(digits.folder), "deploykit-staging", "site-packages"):
            assert word.encode() not in data, f"{file} holds {word}"


def test_a_second_build_gives_the_same_bytes(digits: Build, tmp_path: Path, cli: Callable[..., Run]) -> None:
    wanted = ("android_litert", "ios_coreml", "android_onnx")
    given = ("--fresh", *(f"--target={t}" for t in wanted))
    again = cli("build", "sample_apps/digits", "--out", tmp_path / "out", *given)
    assert again.code == 0, again.err
    for part in ("android", "ios", "mac", *(f"artifacts/{t}" for t in wanted)):
        first, second = (files(folder / part) for folder in (digits.folder, tmp_path / "out"))
        assert first.keys() == second.keys()
        assert [name for name in first if first[name] != second[name]] == []


def test_a_build_with_no_change_does_nothing(digits: Build, cli: Callable[..., Run]) -> None:
    again = cli("build", "sample_apps/digits", "--out", digits.folder)
    assert (again.code, again.err) == (0, "nothing has changed since this was built; --fresh builds it anew\n")
    assert again.out == digits.run.out
    looks = "import sys; from deploykit.cli import app; app(standalone_mode=False); print(sorted(sys.modules))"
    command = [sys.executable, "-c", looks, "build", "sample_apps/digits", "--out", str(digits.folder)]
    modules = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.splitlines()[-1]
    assert "'deploykit.pipeline'" in modules or "'deploykit.cache.stamp'" in modules
    assert [name for name in ("torch", "numpy", "coremltools", "litert_torch") if f"'{name}'" in modules] == []


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_real_architecture_on_real_photographs(photo: Build) -> None:
    report = photo.report
    assert photo.run.code == 0, photo.run.err
    assert {a.verdict for a in report.artifacts} == {"passed"}
    assert all(r.snr_db > 70 for r in report.parity if r.precision == "fp32" and r.snr_db)
    assert "random" in report.model.notes[0]
    assert len(report.samples) == 4


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the digits sample to spoil."""
    folder = tmp_path / "project"
    shutil.copytree(ROOT / "sample_apps" / "digits", folder, ignore=shutil.ignore_patterns("build", "android", "ios"))
    return folder


@pytest.fixture
def previous(tmp_path: Path) -> Iterator[Path]:
    """An earlier output; whatever happens to the build, it has to be as it was."""
    out = tmp_path / "out"
    (out / "report").mkdir(parents=True)
    (out / "report" / "report.json").write_text("the previous build")
    yield out
    assert {p.relative_to(out).as_posix() for p in out.rglob("*")} == {"report", "report/report.json"}
    assert (out / "report" / "report.json").read_text() == "the previous build"
    assert not (tmp_path / ".out.deploykit-staging").exists()


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


SPOILED: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "a missing entry": ("deploykit.toml", "model.py:digits", "model.py:digit", ("no 'digit'", "digits")),
    "a factory that raises": (
        "model.py",
        "return DigitNet()",
        "raise ValueError('boom')",
        ("ValueError: boom", "model.py:"),
    ),
    "an output with non-tensors": (
        "model.py",
        "return self.head(self.features(x).mean((2, 3)))",
        "return {'scores': self.head(self.features(x).mean((2, 3))), 'name': 'digits'}",
        ("name is a str",),
    ),
    "an input shape that does not fit": (
        "model.py",
        "return DigitNet()",
        "return DigitNet(), torch.rand(1, 1, 32, 32)",
        ("1×1×28×28", "1×1×32×32"),
    ),
    "channels that do not fit": ("deploykit.toml", 'color = "gray"', 'color = "rgb"', ("1×3×28×28", "[16, 1, 3, 3]")),
    "a label too few": ("deploykit.toml", ', "nine"]', "]", ("1×10", "9 labels")),
    "a typo in a key": ("deploykit.toml", "activation =", "activaton =", ("deploykit.toml:2", 'mean "activation"')),
    "a factory of samples that raises": (
        "data.py",
        "return pictures()[-HELD_OUT:]",
        "return 1 / 0",
        ("ZeroDivisionError",),
    ),
}


@pytest.mark.parametrize("case", SPOILED)
def test_bad_input_is_one_clear_error(case: str, project: Path, previous: Path, cli: Callable[..., Run]) -> None:
    file, old, new, words = SPOILED[case]
    edit(project / file, old, new)
    run = cli("build", project, "--out", previous)
    assert run.code == 2
    assert run.err.count("error:") == 1
    assert "Traceback" not in run.err + run.out
    for word in words:
        assert word in run.err


def test_a_broken_checkpoint_is_one_clear_error(project: Path, previous: Path, cli: Callable[..., Run]) -> None:
    weights = project / "digits.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    run = cli("build", project, "--out", previous)
    assert run.code == 2
    assert "digits.safetensors cannot be read" in run.err
    assert "Traceback" not in run.err


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounting a small tmpfs needs root on Linux")
def test_a_full_disk_is_one_clear_error(tmp_path: Path, cli: Callable[..., Run]) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)], check=True)
    try:
        (disk / "out" / "report").mkdir(parents=True)
        (disk / "out" / "report" / "report.json").write_text("the previous build")
        run = cli("build", "sample_apps/digits", "--out", disk / "out")
        assert run.code == 2
        assert "is full" in run.err
        assert "Traceback" not in run.err
        assert (disk / "out" / "report" / "report.json").read_text() == "the previous build"
        assert not (disk / ".out.deploykit-staging").exists()
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_build_that_is_stopped_leaves_the_previous_output(
    how: signal.Signals, project: Path, tmp_path: Path, cli: Callable[..., Run]
) -> None:
    out = tmp_path / "out"
    (out / "report").mkdir(parents=True)
    (out / "report" / "report.json").write_text("the previous build")
    command = [sys.executable, "-m", "deploykit", "build", str(project), "--out", str(out)]
    build = subprocess.Popen(
        command,
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell starts background jobs with Ctrl-C ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    staging = tmp_path / ".out.deploykit-staging"
    deadline = time.monotonic() + 120
    while not (staging / ".work").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)
    build.send_signal(how)
    _, said = build.communicate(timeout=60)
    assert (out / "report" / "report.json").read_text() == "the previous build"
    if how is signal.SIGINT:
        assert build.returncode == 130
        assert "untouched" in said
        assert not staging.exists()
        return
    assert staging.exists()  # what a killed build left is cleared by the next one
    after = cli("build", project, "--out", out, "--target", "android_onnx", "--precision", "fp32")
    assert after.code == 0, after.err
    assert not staging.exists()


# coremltools 9.0 has no as_strided on any road; the others have.
UNSUPPORTED = """
import torch
from torch import nn

class Net(nn.Module):
    def forward(self, x):
        return torch.as_strided(x, (1, 4), (8, 2)) + x[:, :4]

def net():
    return Net(), torch.randn(1, 8)
"""


def test_a_target_that_fails_leaves_the_others(tmp_path: Path, cli: Callable[..., Run]) -> None:
    (tmp_path / "m.py").write_text(UNSUPPORTED)
    run = cli("build", f"{tmp_path}/m.py:net", "--out", tmp_path / "out", "--precision", "fp32")
    report = Build(tmp_path / "out", run).report
    assert run.code == 1
    assert report.verdict == "failed"
    assert {a.target for a in report.artifacts if a.verdict == "failed"} == {"ios_coreml"}
    (failed,) = (a for a in report.artifacts if a.target == "ios_coreml")
    assert failed.path is None
    assert "as_strided" in failed.roads_tried[0].reason
    assert failed.log is not None
    assert "as_strided" in (tmp_path / "out" / failed.log).read_text()
    assert failed.log in run.out


def test_a_bound_that_is_not_met_fails_and_ships_nothing(
    project: Path, tmp_path: Path, cli: Callable[..., Run]
) -> None:
    with (project / "deploykit.toml").open("a") as file:
        file.write('\n[tolerance.fp32]\nsnr_db = 290.0\nreason = "nothing meets this"\n')
    run = cli("build", project, "--out", tmp_path / "out", "--target", "android_onnx")
    report = Build(tmp_path / "out", run).report
    assert run.code == 1
    records = {precision: [r for r in report.parity if r.precision == precision] for precision in ("fp32", "fp16")}
    assert {r.verdict for r in records["fp32"]} == {"failed"}
    assert all(r.snr_db and r.snr_db > 100 for r in records["fp32"]), "a failure keeps its numbers"
    # The fp16 artifact's outputs passed, but its fp32 twin's did not: what is wrong is hidden in fp16's noise.
    assert {r.verdict for r in records["fp16"]} == {"passed"}
    (half,) = (a for a in report.artifacts if a.precision == "fp16")
    assert half.verdict == "failed"
    verdicts = {gate.gate: gate.verdict for gate in half.gates}
    assert verdicts == {"interface": "passed", "fp32 twin": "failed", "fp16 range": "passed"}
    assert [sdk.written for sdk in report.sdks] == [False]
    assert not (tmp_path / "out" / "android").exists()


def test_an_entry_without_a_config_gets_a_generic_contract(tmp_path: Path, cli: Callable[..., Run]) -> None:
    (tmp_path / "m.py").write_text(
        "import torch\n"
        "class Net(torch.nn.Module):\n"
        "    def __init__(self):\n        super().__init__()\n        self.table = torch.nn.Embedding(9, 4)\n"
        "    def forward(self, ids, bias):\n"
        "        return {'mean': self.table(ids).mean(1) + bias, 'sum': bias.sum(-1)}\n"
        "def net():\n    return Net().eval(), (torch.tensor([[1, 8, 0]]), torch.randn(1, 4))\n"
    )
    run = cli("build", "m.py:net", "--precision", "fp32", cwd=tmp_path)
    report = Build(tmp_path / "build", run).report
    assert run.code == 0, run.out + run.err
    assert set(report.model.contract.inputs) == {"ids", "bias"}
    assert set(report.model.contract.outputs) == {"mean", "sum"}
    assert {a.verdict for a in report.artifacts} == {"passed"}
    assert [sdk.written for sdk in report.sdks] == [True, True]
    sources = [path.read_text("utf-8") for path in (tmp_path / "build/android").rglob("*.kt")]
    assert len([text for text in sources if "public val ids: IntTensor" in text]) == 1


DETECTOR = """
import torch

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = torch.nn.Conv2d(3, 5, 8, 8)

    def forward(self, x):
        y = self.conv(x).flatten(2).transpose(1, 2)[0]
        scores, index = y[:, 4].sigmoid().topk(20)
        return {"boxes": y[index, :4], "scores": scores, "index": index}

def net():
    return Net().eval(), torch.randn(1, 3, 96, 96)
"""


def test_a_ranking_is_compared_as_a_set(tmp_path: Path, cli: Callable[..., Run]) -> None:
    """In fp16 near-ties swap: places differ, and the detections are the same."""
    (tmp_path / "m.py").write_text(DETECTOR)
    outputs = "".join(f'[output.{name}]\ntype = "tensor"\nranked = true\n' for name in ("boxes", "scores", "index"))
    (tmp_path / "deploykit.toml").write_text(
        '[model]\nentry = "m.py:net"\n[task]\ntype = "tensors"\n'
        f'[input.x]\ntype = "tensor"\nshape = [1, 3, 96, 96]\n{outputs}'
        '[build]\ntargets = ["ios_coreml"]\nprecisions = ["fp16"]\n'
    )
    run = cli("build", tmp_path, "--out", tmp_path / "out")
    report = Build(tmp_path / "out", run).report
    assert run.code == 0, run.out + run.err
    random = next(r for r in report.parity if r.input == "random")
    assert random.metric["row_agreement"] >= 0.98
    assert random.metric["index_agreement"] >= 0.98
    assert next(r for r in report.parity if r.input == "zeros").verdict == "not_run"  # every place has the same score
    (tmp_path / "deploykit.toml").write_text((tmp_path / "deploykit.toml").read_text().replace("ranked = true", ""))
    plain = cli("build", tmp_path, "--out", tmp_path / "out")
    assert plain.code == 1
    assert "ranked = true" in plain.out


OVERFLOW = """
import torch

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.head = torch.nn.Linear(16, 4)

    def forward(self, x):
        keys = x * 400
        scores = keys @ keys.transpose(1, 2)
        return self.head((scores * 1e-6).softmax(-1) @ x)

def net():
    return Net().eval(), torch.randn(1, 8, 16)
"""


def test_an_overflow_in_fp16_fails_and_names_the_op_and_the_line(tmp_path: Path, cli: Callable[..., Run]) -> None:
    """PyTorch in fp16 overflows as well: its noise floor is no excuse."""
    (tmp_path / "m.py").write_text(OVERFLOW)
    run = cli(
        "build", "m.py:net", "--target", "ios_coreml", "--precision", "fp16", "--out", tmp_path / "out", cwd=tmp_path
    )
    report = Build(tmp_path / "out", run).report
    assert run.code == 1
    (artifact,) = report.artifacts
    assert [gate.verdict for gate in artifact.gates] == ["passed", "passed"], "at fp32 the model is right"
    failed = [record for record in report.parity if record.verdict == "failed"]
    assert {record.input for record in failed} >= {"random"}
    for record in failed:
        assert record.snr_db is not None
        assert "matmul" in record.reason
        assert "fp16 ends at 65504" in record.reason
        assert "m.py:12 `scores = keys @ keys.transpose(1, 2)`" in record.reason
    assert "m.py:12" in run.out.replace("\n", "")
    assert str(tmp_path) not in (tmp_path / "out" / "report" / "report.json").read_text()
