"""One run of the script, which several tests look at: each takes a process per model and compute unit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Build
from tests.mac import mac_kits


@pytest.fixture(scope="session")
def measured(digits: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`results.json` of a Mac whose GPU gives zeros and whose Neural Engine refuses every model."""
    kit = mac_kits.copy(digits.folder / "mac", tmp_path_factory.mktemp("mac") / "kit")
    done = mac_kits.check(kit, "zeros refuses")
    assert done.returncode == 0, done.stderr
    return kit / "results.json"


@pytest.fixture
def wrong(measured: Path) -> dict[str, Any]:
    """The same as data, to be changed."""
    data: dict[str, Any] = json.loads(measured.read_text())
    return data


@pytest.fixture
def right(wrong: dict[str, Any]) -> dict[str, Any]:
    """What a Mac without faults would have given: the CPU's outputs on every unit."""
    cpu = {run["model"]: run for run in wrong["runs"] if run["compute_units"] == "cpu_only"}
    for run in wrong["runs"]:
        if run["compute_units"] in ("cpu_and_gpu", "cpu_and_ne"):
            run.update(cpu[run["model"]] | {"compute_units": run["compute_units"]})
    return wrong


@pytest.fixture
def build(digits: Build, tmp_path: Path) -> Path:
    """A copy of the digits build to import into."""
    return Path(shutil.copytree(digits.folder, tmp_path / "build"))
