from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from deploykit import doctor
from deploykit.environments import ENVIRONMENTS
from deploykit.environments import make as making
from deploykit.environments.make import Place
from deploykit.errors import UnavailableError


def shown(*, make: bool = False, row: str = "environment onnx2tf") -> str:
    console = Console(width=400)
    with console.capture() as capture:
        console.print(doctor.diagnosis(make=make))
    return next(line for line in capture.get().splitlines() if row in line)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(making, "user_cache_path", lambda name: tmp_path / name)
    return tmp_path / "deploykit" / "environments"


def test_an_environment_that_is_not_made_comes_with_the_remedy(cache: Path) -> None:
    line = shown()
    assert "missing" in line
    assert "made on first use, or now by deploykit doctor --make" in line
    assert not cache.exists()


def test_why_the_last_attempt_failed_is_told(cache: Path) -> None:
    cache.mkdir(parents=True)
    Place.of(ENVIRONMENTS["onnx2tf"]).log.write_text("$ pip install\nERROR: the moon is down\n")
    assert "the last attempt failed: ERROR: the moon is down" in shown()


def test_make_tells_why_it_could_not(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object) -> None:
        raise UnavailableError("onnx2tf cannot be installed: no connection")

    monkeypatch.setattr(doctor, "ready", fails)
    line = shown(make=True)
    assert "missing" in line
    assert "cannot be installed: no connection" in line


def test_an_environment_that_is_made_comes_with_its_version_and_place(cache: Path) -> None:
    place = Place.of(ENVIRONMENTS["onnx2tf"])
    programs = cache / "made.env" / "bin"
    programs.mkdir(parents=True)
    for name in ("python", "onnx2tf", "onnxsim"):
        (programs / name).write_text(f"#!{programs}/python\n")
    place.record.write_text('{"folder": "made.env", "python": "3.11.9", "versions": {"onnx2tf": "2.6.9"}}')
    line = shown()
    assert "ok" in line
    assert f"onnx2tf 2.6.9, Python 3.11.9, in {cache}" in line


def test_the_driver_of_the_gpu_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = replace(doctor.RUNNERS["litert-gpu"], unavailable=lambda: "there is none: install one")
    monkeypatch.setitem(doctor.RUNNERS, "litert-gpu", replace(entry, needs=tuple))
    assert "there is none: install one" in shown(row="runner litert-gpu")
    found = replace(entry, unavailable=lambda: None, needs=lambda: (Path("/usr/x_icd.json"), Path("/usr/libvk_x.so")))
    monkeypatch.setitem(doctor.RUNNERS, "litert-gpu", found)
    assert "(ML Drift on WebGPU and Vulkan), by /usr/x_icd.json " in shown(row="runner litert-gpu")


def test_versions_that_were_not_probed_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "unprobed", lambda: {"litert-torch": ("0.10.0", "0.11.0")})
    assert "litert-torch 0.11.0 (probed: 0.10.0)" in shown(row="probes")
    monkeypatch.setattr(doctor, "unprobed", dict)
    assert "846 one-op models, on these versions" in shown(row="probes")
