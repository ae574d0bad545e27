"""Runs a Mac kit's script as a person at a Mac would, with a stand-in for coremltools."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

STAND_IN = Path(__file__).parent / "stand_in"


def check(kit: Path, wrong: str = "") -> subprocess.CompletedProcess[str]:
    """`python3 check.py`; `wrong` says in which ways this Mac goes wrong (see the stand-in)."""
    env = os.environ | {
        "PATH": f"{STAND_IN / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": f"{STAND_IN}:{ROOT}",
        "STAND_IN": wrong,
    }
    command = [sys.executable, str(kit / "check.py")]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=600, check=False)


def copy(kit: Path, to: Path) -> Path:
    """A kit to spoil; its files are others than the build's."""
    shutil.copytree(kit, to)
    return to
