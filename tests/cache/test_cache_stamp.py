"""Builds of a tiny classifier: what is done again, and what is not."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploykit import render, resources, vulkan
from deploykit.cache.stamp import _made_of, up_to_date
from deploykit.cache.store import Store
from deploykit.pipeline import build
from deploykit.progress import Progress
from deploykit.project import Project, read_project
from deploykit.report.model import Report
from deploykit.request import BuildRequest

ROOT = Path(__file__).parents[2]

MODEL = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.conv, self.head = nn.Conv2d(1, 4, 3), nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.conv(x).relu().mean((2, 3)))

def net():
    return Net()
"""

CONFIG = """
[model]
name = "tiny"
entry = "model.py:net"
[task]
type = "image-classification"
labels = ["left", "right"]
[input.image]
type = "image"
size = [8, 8]
color = "gray"
[output.scores]
type = "scores"
[build]
targets = ["android_onnx"]
precisions = ["fp32"]
"""

JOBS = {
    "accelerators of onnx-fp32",
    "capture",
    "lower onnx-fp32 by dynamo",
    "run onnx-fp32 on onnxruntime",
    "examine onnx-fp32",
}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a project, its cache and its output."""
    at = tmp_path_factory.mktemp("stamp")
    (at / "project").mkdir()
    (at / "project" / "model.py").write_text(MODEL)
    (at / "project" / "deploykit.toml").write_text(CONFIG)
    report = build(request_of(at), Progress())
    assert (report.verdict, report.jobs, report.reused) == ("passed", len(JOBS), ())
    return at


@pytest.fixture
def at(first: Path, tmp_path: Path) -> Path:
    """A copy of the output and of the cache, to be spoiled; the project stays where it is."""
    for name in ("cache", "out"):
        shutil.copytree(first / name, tmp_path / name, copy_function=shutil.copy2)
    (tmp_path / "project").symlink_to(first / "project")
    return tmp_path


def request_of(at: Path, **options: Any) -> BuildRequest:
    project = read_project((at / "project").resolve() / "deploykit.toml")
    return replace(BuildRequest(project, at / "out", store=Store(at / "cache")), **options)


def labelled(request: BuildRequest, *labels: str) -> BuildRequest:
    assert isinstance(request.source, Project)
    task = request.source.spec.task.model_copy(update={"labels": labels})
    spec = request.source.spec.model_copy(update={"task": task})
    return replace(request, source=replace(request.source, spec=spec, labels=labels))


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("report.json", "index.html")
    }


def test_a_build_with_no_change_is_seen_and_another_is_not(first: Path) -> None:
    text = up_to_date(request_of(first))
    assert text is not None
    assert Report.model_validate_json(text).verdict == "passed"
    others = ({"fresh": True}, {"precisions": ("fp16",)}, {"best": True}, {"out": first / "else"}, {"store": None})
    for options in others:
        assert up_to_date(request_of(first, **options)) is None
    assert up_to_date(labelled(request_of(first), "up", "down")) is None


def test_a_driver_that_comes_or_changes_is_seen(first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vulkan, "find", lambda: "there is none")
    without = _made_of(request_of(first))
    driver = tmp_path / "driver.json"
    driver.write_text("one")
    monkeypatch.setattr(vulkan, "find", lambda: vulkan.Driver((driver,)))
    found = _made_of(request_of(first))
    driver.write_text("another")
    assert len({without, found, _made_of(request_of(first))}) == 3


def test_a_changed_model_is_seen(first: Path) -> None:
    file = first / "project" / "model.py"
    file.write_text(MODEL + "# more\n")
    assert up_to_date(request_of(first)) is None
    file.write_text(MODEL)
    assert up_to_date(request_of(first)) is not None


@pytest.mark.parametrize("how", ["edited", "removed", "added"])
def test_an_output_that_was_touched_is_made_again_with_the_same_bytes(how: str, at: Path, first: Path) -> None:
    out = at / "out"
    build(request_of(at), Progress())  # the stamp of a folder at another place
    assert up_to_date(request_of(at)) is not None
    file = out / "artifacts" / "android_onnx" / "fp32" / "tiny.onnx"
    if how == "edited":
        data = bytearray(file.read_bytes())
        data[-1] ^= 1
        file.write_bytes(data)
    elif how == "removed":
        file.unlink()
    else:
        (out / "report" / "notes.txt").write_text("mine")
    assert up_to_date(request_of(at)) is None
    assert set(build(request_of(at), Progress()).reused) == JOBS
    assert files(out) == files(first / "out")


def test_changed_labels_relower_nothing(at: Path) -> None:
    report = build(labelled(request_of(at), "up", "down"), Progress())
    assert set(report.reused) == JOBS
    assert report.model.contract.labels == ("up", "down")
    kotlin = "".join(path.read_text() for path in (at / "out" / "android").rglob("*.kt"))
    assert "“up” to “down”" in kotlin


def test_a_changed_template_relowers_nothing(at: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(request_of(at), Progress())
    for name in ("templates", "targets"):
        shutil.copytree(ROOT / name, at / name)
    monkeypatch.setattr(resources, "_PACKAGE", at / "deploykit")
    render._environment.cache_clear()
    assert up_to_date(request_of(at)) is not None, "the same templates at another place"
    (page,) = (at / "templates" / "report").glob("index.html.jinja")
    page.write_text(page.read_text() + "<!-- changed -->\n")
    assert up_to_date(request_of(at)) is None
    report = build(request_of(at), Progress())
    assert set(report.reused) == JOBS
    assert "<!-- changed -->" in (at / "out" / "report" / "index.html").read_text()
    render._environment.cache_clear()


def test_fresh_does_everything_and_gives_the_same_bytes(at: Path, first: Path) -> None:
    report = build(request_of(at, fresh=True), Progress())
    assert (report.jobs, report.reused) == (len(JOBS), ())
    delivered = {name: data for name, data in files(at / "out").items() if "logs" not in name and "xml" not in name}
    assert delivered == {name: data for name, data in files(first / "out").items() if name in delivered}


def test_the_second_build_imports_next_to_nothing(at: Path) -> None:
    code = (
        "import sys\n"
        "from deploykit.cli import app\n"
        "try:\n    app()\nexcept SystemExit as end:\n    assert end.code == 0, end.code\n"
        "print('imported', *sys.modules)"
    )
    command = [sys.executable, "-c", code, "build", str(at / "project"), "--out", str(at / "out")]
    env = {"DEPLOYKIT_CACHE": str(at / "cache"), "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(at)}
    seen = [subprocess.run(command, env=env, capture_output=True, text=True, check=True, cwd=ROOT) for _ in range(2)]
    assert "nothing has changed" in seen[1].stderr
    imported = {name.split(".")[0] for name in seen[1].stdout.partition("imported ")[2].split()}
    assert {"deploykit", "pydantic"} <= imported
    assert not imported & {"torch", "numpy", "scipy", "jinja2", "PIL", "onnx", "coremltools"}
    verdicts = [run.stdout.partition("imported ")[0] for run in seen]
    assert verdicts[1].split("jobs came")[0].split("✓")[:3] == verdicts[0].split("jobs came")[0].split("✓")[:3]


def test_killed_builds_leave_a_cache_that_gives_the_same_bytes(first: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deploykit", "build", str(first / "project"), "--out", str(tmp_path / "out")]
    env = {"DEPLOYKIT_CACHE": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    env["HOME"] = str(tmp_path)
    chance = random.Random(time.time_ns())
    for _ in range(3):
        started = subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(chance.uniform(0.5, 12))
        started.send_signal(signal.SIGKILL)
        started.communicate()
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert Store(tmp_path / "cache").verify() == []
    made, wanted = (
        {name: data for name, data in files(folder).items() if "logs" not in name and "xml" not in name}
        for folder in (tmp_path / "out", first / "out")
    )
    assert made == wanted
