"""Builds that many tests look at are made once a session, through the command line, as a user would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploykit.report.model import Report

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Run:
    """What a command did."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Build:
    """An output folder."""

    folder: Path
    run: Run

    @property
    def report(self) -> Report:
        return Report.model_validate_json((self.folder / "report" / "report.json").read_text())


def deploykit(*arguments: str | Path, cwd: Path = ROOT, timeout: float = 900, **variables: str | Path) -> Run:
    """Runs the command in a process of its own, on a wide terminal without colour, with more in its environment."""
    command = [sys.executable, "-m", "deploykit", *map(str, arguments)]
    env = os.environ | {"COLUMNS": "160", "NO_COLOR": "1"} | {name: str(value) for name, value in variables.items()}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=timeout, check=False)
    return Run(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def cli() -> Callable[..., Run]:
    return deploykit


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """sample_apps/digits, all targets and precisions."""
    folder = tmp_path_factory.mktemp("digits") / "out"
    return Build(folder, deploykit("build", "sample_apps/digits", "--out", folder))


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """sample_apps/photo, all targets and precisions."""
    folder = tmp_path_factory.mktemp("photo") / "out"
    return Build(folder, deploykit("build", "sample_apps/photo", "--out", folder))


def pytest_configure() -> None:
    """Builds of tests share a cache, and leave the user's alone."""
    os.environ["DEPLOYKIT_CACHE"] = tempfile.mkdtemp(prefix="deploykit-tests-")


def pytest_unconfigure() -> None:
    shutil.rmtree(os.environ["DEPLOYKIT_CACHE"], ignore_errors=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Under `DEPLOYKIT_FORBID_SKIP=1` a skipped test fails the run: a check that did not run is not a pass."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if os.environ.get("DEPLOYKIT_FORBID_SKIP") == "1" and skipped and session.exitstatus == 0:
        print(f"\n{len(skipped)} test(s) were skipped, which is forbidden here")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
