"""The process of a job: the `deploykit` command, which ends with the process that started it.

That one holds the other end of this one's standard input, and leads no session: if it is killed, nobody but this
process can end what it has started itself.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path

START = "import sys; sys.path[:] = {path!r}; from deploykit.batch.child import main; main({arguments!r})"

BROKEN = 70
"""Exit code of a defect of deploykit's own: 1 is a verdict. EX_SOFTWARE of sysexits.h."""


def main(arguments: Sequence[str]) -> None:
    """Runs the command, in a session of its own."""
    parent = os.dup(0)
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    threading.Thread(target=_end_with_parent, args=(parent,), daemon=True).start()
    from deploykit.cli import main as deploykit

    sys.argv = ["deploykit", *arguments]
    try:
        deploykit()
    except Exception:
        traceback.print_exc()
        sys.exit(BROKEN)


def _end_with_parent(parent: int) -> None:
    os.read(parent, 1)
    os.killpg(0, signal.SIGKILL)
