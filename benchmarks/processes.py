"""A model at a time in a process of its own, so that a crash or a hang is a result."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence


def run_module(module: str, arguments: Sequence[str], limit: float) -> str:
    """Runs `python -m module arguments`.

    Args:
        module: with a `__main__`.
        arguments: of its command line.
        limit: seconds.

    Returns:
        Why it did not end well, with the last line that it printed; empty if it did.
    """
    with tempfile.TemporaryFile("w+", errors="replace") as log:
        try:
            command = [sys.executable, "-m", module, *arguments]
            code = subprocess.run(command, stdout=log, stderr=log, timeout=limit, check=False).returncode
            why = f"the process ended with code {code}" if code else ""
        except subprocess.TimeoutExpired:
            why = f"not done after {limit:.0f} s"
        log.seek(0)
        last = log.read().strip().splitlines()[-1:]
    return " ".join([why, *last])[:300] if why else ""
