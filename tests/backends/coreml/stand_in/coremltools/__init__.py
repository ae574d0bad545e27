"""A stand-in for coremltools on a Mac: its model objects are executed by the reference runner.

Put this folder's parent on PYTHONPATH, and `templates/mac/check.py` runs on Linux as it would on a Mac. Only the names
that the script uses are here; `test_mac_check.py` holds them against the real package. `coremltools.proto`, which the
reference runner reads files with, is the real one. `STAND_IN` in the environment makes it go wrong, one word a way.
"""

from __future__ import annotations

import enum
import os
import platform
import sys
from pathlib import Path

from . import models as models

__version__ = "9.0"
WRONG = os.environ.get("STAND_IN", "").split()

for entry in sys.path:
    real = Path(entry) / "coremltools"
    if (real / "proto").is_dir():
        __path__.append(str(real))

if len(sys.argv) == 1:  # not in the process that runs a model: torch would look for a Mac's libraries
    platform.system = lambda: "Darwin"
    platform.machine = lambda: "arm64"
    platform.mac_ver = lambda *_: ("12.6" if "old-macos" in WRONG else "15.1", ("", "", ""), "arm64")


class ComputeUnit(enum.Enum):
    ALL = 1
    CPU_AND_GPU = 2
    CPU_ONLY = 3
    CPU_AND_NE = 4
