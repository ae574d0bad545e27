"""The fuzzer itself: it damages, it runs, and it sees what must not happen."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.backends.coreml import fuzz
from tests.conftest import ROOT


def test_a_few_seconds_of_damage_find_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.backends.coreml.fuzz", "--minutes", "0.3", "--programs", "6"]
    done = subprocess.run(
        [*command, "--keep", tmp_path / "found"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ran" in done.stdout
    assert "refused" in done.stdout
    assert not (tmp_path / "found").exists()


def test_damage_changes_the_file(tmp_path: Path) -> None:
    (seed,) = fuzz._seeds(tmp_path, 1)
    before, changed = (seed / fuzz.SPEC).read_bytes(), 0
    for number in range(20):
        (seed / fuzz.SPEC).write_bytes(before)
        fuzz._fields(seed / fuzz.SPEC, random.Random(number))
        changed += (seed / fuzz.SPEC).read_bytes() != before
    assert changed > 15


@pytest.mark.parametrize(("fault", "seen"), [("raise KeyError('x')", "KeyError"), ("os.abort()", "crash")])
def test_what_must_not_happen_is_seen(fault: str, seen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\n"
        "from deploykit.backends.coreml import interface\n"
        f"def broken(path):\n    {fault}\n"
        "interface.read_interface = broken\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT}")
    monkeypatch.chdir(ROOT)
    worker = fuzz._Worker()
    try:
        assert worker.ask(tmp_path / "none.mlpackage").startswith(seen)
    finally:
        worker.close()
