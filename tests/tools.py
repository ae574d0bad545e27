"""Tools that tests of generated code need; a missing one skips visibly, or fails where skipping is forbidden."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

from deploykit.environments import ENVIRONMENTS
from deploykit.environments.make import Place

SWIFT = Path(__file__).parent / "toolchains" / "swift.sh"
MISSING = "{} is not installed: run `make toolchains`"


def require_tool(name: str) -> str:
    """The command for `name` ("mvn", "java", "swift", "chromium").

    Without it the test is skipped with the remedy; under `DEPLOYKIT_FORBID_SKIP=1` it fails instead.
    """
    found = find_tool(name)
    if found is None:
        _skip(name)
    return found


def find_tool(name: str) -> str | None:
    """The command for `name`, or None where it is not installed."""
    if name == "swift":
        usable = subprocess.run(["bash", str(SWIFT), "check"], capture_output=True, check=False).returncode == 0
        return str(SWIFT) if usable else None
    return shutil.which(name)


def require_environment(name: str) -> Path:
    """The programs of one of deploykit's own environments ("onnx2tf"); skips or fails as `require_tool` does."""
    found = Place.of(ENVIRONMENTS[name]).find()
    if found is None:
        _skip(name)
    return found[0]


def _skip(name: str) -> NoReturn:
    message = MISSING.format(name)
    if os.environ.get("DEPLOYKIT_FORBID_SKIP") == "1":
        pytest.fail(message)
    pytest.skip(message)
