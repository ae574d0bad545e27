"""The wheel is the whole product: installed away from the repository, it builds a model."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from deploykit.environments import ENVIRONMENTS
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # sdist first, then the wheel from it: what is missing in the sdist is missing in the wheel.
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (made,) = folder.glob("*.whl")
    return made


def test_templates_and_targets_travel(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for folder in ("templates", "targets"):
        wanted = {p.relative_to(ROOT).as_posix() for p in (ROOT / folder).rglob("*") if p.is_file()}
        assert {name.removeprefix("deploykit/_data/") for name in names if f"_data/{folder}/" in name} == wanted


def test_locks_travel(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for environment in ENVIRONMENTS.values():
        assert f"deploykit/environments/{environment.lock.name}" in names


def test_an_installed_wheel_builds_a_model(wheel: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], check=True)
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", wheel], check=True, capture_output=True)
    # The dependencies are the ones of this environment (installing 7 GB twice proves nothing more); a .pth file added
    # by another .pth is not read, so the editable install of this environment stays out of sight.
    site = next((tmp_path / "env" / "lib").glob("python*")) / "site-packages"
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (tmp_path / "m.py").write_text(
        "import torch\n"
        "def net():\n    return torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh()), torch.randn(1, 4)\n"
    )
    where = subprocess.run(
        [python, "-c", "import deploykit; print(deploykit.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.startswith(str(tmp_path))
    command = [tmp_path / "env" / "bin" / "deploykit", "build", "m.py:net"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "build" / "report" / "index.html").is_file()
