"""Runs a console script of an environment, within a time limit."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploykit.environments.make import clean_environ

# A job that is killed cannot end what it started: the script ends itself when its standard input, held open by the
# job, is closed. Its own children are of its process group.
_HOST = """
import os, runpy, signal, sys, threading

def end_with_parent():
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)

threading.Thread(target=end_with_parent, daemon=True).start()
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@dataclass(frozen=True)
class Ran:
    """What a script did."""

    code: int | None
    """Its exit status, negative for a signal; None if the time was up."""
    said: str
    """stdout and stderr, in the order in which they were written."""


def run(programs: Path, script: str, arguments: Sequence[str], folder: Path, limit_s: float) -> Ran:
    """Runs a console script, in a process group of its own, which ends with this process.

    Args:
        programs: the environment's folder of programs; it is the first on the script's PATH.
        script: its name.
        arguments: of the script.
        folder: where it works.
        limit_s: seconds after which it is killed.
    """
    variables = clean_environ()
    variables["PATH"] = f"{programs}{os.pathsep}{variables.get('PATH', os.defpath)}"
    variables |= {"TQDM_DISABLE": "1", "NO_COLOR": "1", "PYTHONUNBUFFERED": "1", "COLUMNS": "120"}
    command = [str(programs / "python"), "-I", "-c", _HOST, str(programs / script), *arguments]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, env=variables, cwd=folder, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
        )
        try:
            code: int | None = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        log.seek(0)
        return Ran(code, log.read().decode("utf-8", "replace"))
