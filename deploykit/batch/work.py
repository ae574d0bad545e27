"""What is done with an order where it is run: in a thread of this process, or in a worker of a Dask cluster."""

from __future__ import annotations

import contextlib
import math
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
"""So often it is looked whether a job is still wanted."""

MEMORY_S = 2.0
"""So often it is looked how much memory it holds: the kernel walks through all of it to tell, and holds it up."""

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
    if before is None or before.state in ("ended", "stopped"):
        # Dask runs it again, too, if the worker that has its result dies before that was fetched.
        return before or Entry(state="stopped", reason=STOPPED)
    if order.code != code():
        return _ended(order, before, f"{platform.node()} has another deploykit in {Path(__file__).parents[1]}")
    if not order.fresh and finished(order) is not None:
        return journal.write(order, before.model_copy(update={"state": "ended", "code": 0}))
    if before.tries >= TRIES:
        return given_up(order, before)
    if before.state == "running" and before.tries == TRIES - 1:
        # Dask begins it again by itself, beside others; for the last try the batch gives it the place to itself.
        return journal.write(order, before.model_copy(update={"state": "died"}))
    running = {"state": "running", "tries": before.tries + 1, "where": platform.node(), "reason": ""}
    begun = before.model_copy(update=running)
    entry = _run(order, journal.write(order, begun))
    return journal.write(order, entry) if journal.wanted(order) else entry


def given_up(order: Order, entry: Entry) -> Entry:
    """Notes that a job is not begun again."""
    last = f"; the last time its process {entry.reason}" if entry.reason else ""
    times = f"each of the {entry.tries} times that it was begun"
    return _ended(order, entry, f"given up: its process or its worker was killed {times}{last}")


def _ended(order: Order, entry: Entry, reason: str) -> Entry:
    return journal.write(order, entry.model_copy(update={"state": "ended", "reason": reason}))


def _run(order: Order, begun: Entry) -> Entry:
    """The job's process from its start to its end."""
    wait_for(order.folder, LOCKED_S)
    path = [str(Path(each).absolute()) for each in sys.path]
    start = time.monotonic()
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
            exitcode, peak = _waited(order, process)
        finally:
            _end(process)
    peaks = [value for value in (peak, begun.peak_bytes) if value is not None]
    known: dict[str, object] = {"state": "ended", "peak_bytes": max(peaks, default=None)}
    if exitcode is None:
        return begun.model_copy(update=known | {"state": "stopped", "reason": STOPPED})
    if exitcode < 0:
        return begun.model_copy(update=known | {"state": "died", "reason": how_it_ended(exitcode)})
    known |= {"code": exitcode, "seconds": round(time.monotonic() - start, 1)}
    return begun.model_copy(update=known | {"reason": "" if exitcode in (0, 1) else _said(order.log, exitcode)})


def _waited(order: Order, process: subprocess.Popen[bytes]) -> tuple[int | None, int | None]:
    """Its exit code, None if it is no longer wanted; and the most memory that it and its children held."""
    peak: int | None = None
    looked = -math.inf
    while True:
        try:
            return process.wait(POLL_S), peak
        except subprocess.TimeoutExpired:
            if not journal.wanted(order):
                return None, peak
            if time.monotonic() - looked >= MEMORY_S:
                peak = max(peak or 0, memory.of_session(process.pid) or 0) or None
                looked = time.monotonic()


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
