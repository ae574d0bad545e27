"""A small part of the coverage list, as `make coverage` runs it: real converters, real files, real runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

NAMES = ("subpixel", "topk")
"""Of the networks that need rewrites on every backend, the smallest."""


def coverage(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.formats", *NAMES, "--json", str(folder / "coverage.json"), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=900)


def test_a_part_of_the_list_goes_through_and_is_resumed(tmp_path: Path) -> None:
    page = tmp_path / "coverage.md"
    done = coverage(tmp_path, "--markdown", str(page))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "2 of 2 pass in all three formats"
    rows = json.loads((tmp_path / "coverage.json").read_text())
    assert sorted(rows) == sorted(NAMES)
    for row in rows.values():
        for figures in row["formats"].values():
            assert figures["verdict"] == "passed"
            assert figures["random_db"] > 100
            assert figures["roads"][0]["outcome"] == "kept"
    assert "Of 2 models 2 pass in all three formats" in page.read_text()
    again = coverage(tmp_path, "--resume")
    assert again.stdout.splitlines() == ["2 of 2 pass in all three formats"]
