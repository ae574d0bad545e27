"""What is done with an order where it is run: in a thread of this process, or in a worker of a Dask cluster."""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

from deploykit.batch import journal, memory
from deploykit.batch.child import BROKEN, START
from deploykit.batch.job import TRIES, Order
from deploykit.batch.journal import Entry
from deploykit.batch.request import finished
from deploykit.cache.stamp import code
from deploykit.jobs import CORES, how_it_ended
from deploykit.output import wait_for

POLL_S = 0.5
"""So often it is looked whether a job is still wanted, and how much memory it holds."""

LOCKED_S = 30.0
"""So long a job waits for what a killed worker has left to end."""

STOPPED = "it was stopped"
ERROR = "error: "
"""How the command line begins what it says of a build that cannot be."""
SAID = 40
"""Lines of it that the report shows at most; the log has all."""


def work(order: Order) -> Entry:
    """Builds, unless that is done, and notes how it went.

    Returns:
        What the journal says. A build that failed is no exception: it is told in the entry.
    """
    if not order.log.parent.is_dir():
        return Entry(state="ended", reason=f"{platform.node()} does not see {order.out}: all machines have to share it")
    before = journal.read(order)
    if before is None or before.state == "ended":
        return before or Entry(state="ended", reason=STOPPED)
    if order.code != code():
        return _ended(order, before, f"{platform.node()} has another deploykit in {Path(__file__).parents[1]}")
    if not order.fresh and finished(order) is not None:
        return journal.write(order, Entry(state="ended", tries=before.tries, code=0))
    if before.tries >= TRIES:
        return given_up(order, before)
    begun = Entry(state="running", tries=before.tries + 1, where=platform.node())
    entry = _run(order, journal.write(order, begun))
    return journal.write(order, entry) if journal.wanted(order) else entry


def given_up(order: Order, entry: Entry) -> Entry:
    """Notes that a job is not begun again."""
    why = f": {entry.reason}" if entry.reason else ""
    return _ended(
        order, entry, f"it was begun {entry.tries} times, and each time its process or its worker was killed{why}"
    )


def _ended(order: Order, entry: Entry, reason: str) -> Entry:
    return journal.write(order, Entry(state="ended", tries=entry.tries, reason=reason))


def _run(order: Order, begun: Entry) -> Entry:
    wait_for(order.folder, LOCKED_S)
    path = [str(Path(each).absolute()) for each in sys.path]
    start, peak = time.monotonic(), 0
    with order.log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", START.format(path=path, arguments=order.arguments)],
            cwd=order.job.root,
            env=os.environ | {"NO_COLOR": "1"} | ({CORES: str(order.cores)} if order.cores else {}),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            while True:
                try:
                    exitcode = process.wait(POLL_S)
                    break
                except subprocess.TimeoutExpired:
                    peak = max(peak, memory.of_session(process.pid) or 0)
                    if not journal.wanted(order):
                        return Entry(state="ended", tries=begun.tries, reason=STOPPED)
        finally:
            _end(process)
    if exitcode < 0:
        return Entry(state="died", tries=begun.tries, reason=how_it_ended(exitcode))
    reason = "" if exitcode in (0, 1) else _said(order.log, exitcode)
    took = round(time.monotonic() - start, 1)
    return Entry(state="ended", tries=begun.tries, code=exitcode, reason=reason, seconds=took, peak_bytes=peak or None)


def _end(process: subprocess.Popen[bytes]) -> None:
    """The process, and whatever it has started and left behind."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # there is no such group any more
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _said(log: Path, exitcode: int) -> str:
    """What a build that made no report said last."""
    last: deque[str] = deque(maxlen=SAID)
    with log.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith(ERROR):
                last.clear()
            if line.strip():
                last.append(line.rstrip().removeprefix(ERROR))
    if exitcode == BROKEN:
        return f"a defect of deploykit: {last[-1] if last else 'it said nothing'}"
    return "\n".join(last) or how_it_ended(exitcode)
