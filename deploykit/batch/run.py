"""Runs a batch: what is not done is sent to a fleet, and what came of all jobs goes into one report."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextlib import AbstractContextManager, contextmanager

from filelock import FileLock, Timeout
from rich.console import Console

from deploykit.batch import journal, report
from deploykit.batch.cluster import cluster
from deploykit.batch.fleet import Fleet, default_slots, local
from deploykit.batch.job import REPORT, TRIES, Job, Options, Order
from deploykit.batch.journal import Entry
from deploykit.batch.live import Live
from deploykit.batch.records import Summary
from deploykit.batch.request import check, finished, located
from deploykit.batch.summarize import summarize
from deploykit.batch.work import STOPPED, given_up
from deploykit.cache.stamp import code
from deploykit.errors import OutputError, SpecError
from deploykit.jobs import cores

TICK_S = 0.5
"""So often the table is drawn anew."""

ALONE_S = 120.0
"""So long a batch waits for a cluster that has no workers."""


def run_batch(jobs: Sequence[Job], options: Options, console: Console | None = None) -> Summary:
    """Builds all jobs that are not done, and writes `report/` in the output folder.

    Args:
        jobs: what to build. Each gets a folder of its own in the output folder.
        options: where and how.
        console: where the live table is shown; None for silence.

    Returns:
        What came of every job, also of those that were done before. A job that fails is no exception.

    Raises:
        SpecError: naming everything that is wrong with the jobs and can be known before they run; nothing was run.
        ArgumentsError: if the scheduler cannot be reached, or Dask is missing.
        OutputError: if another batch writes to the output folder, or it cannot be written.
    """
    if found := check(jobs, lambda job: job.name) if jobs else ["there are no jobs: nothing is to be built"]:
        raise SpecError(found)
    orders = _orders(jobs, options)
    with _held(options):
        rest = [order for order in orders if options.fresh or finished(order) is None]
        with Live(console, len(orders), len(rest)) as live:
            if rest:
                with _fleet(options) as fleet:
                    live.at(fleet.name)
                    _Drive(fleet, live).all(rest)
        made = summarize(zip(jobs, orders, strict=True))
        report.write(options.out / REPORT, made)
    return made


def _orders(jobs: Sequence[Job], options: Options) -> list[Order]:
    out, digest = options.out.resolve(), code()
    slots = options.workers or options.at_a_time or default_slots()
    share = 0 if options.scheduler else max(1, cores() // slots)
    return [Order(located(job), out, share, options.fresh, digest) for job in jobs]


def _fleet(options: Options) -> AbstractContextManager[Fleet]:
    return cluster(options) if options.scheduler or options.workers else local(options)


@contextmanager
def _held(options: Options) -> Iterator[None]:
    """The output folder, for this batch alone."""
    folder = options.out.resolve() / REPORT
    try:
        for part in ("jobs", "logs"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock", timeout=0):
            yield
    except Timeout:
        raise OutputError(f"another batch is writing to {options.out}; wait for it, or give another --out") from None
    except OSError as error:
        raise OutputError(f"{error.filename or options.out}: {error.strerror or error}") from error


class _LostError(Exception):
    """The fleet is gone; the message says why."""


class _Drive:
    """Sends jobs as fast as the fleet takes them, and again those whose process or worker was killed."""

    def __init__(self, fleet: Fleet, live: Live) -> None:
        self._fleet, self._live = fleet, live
        self._running: dict[Future[Entry], Order] = {}
        self._killed: Counter[str] = Counter()
        self._seen = time.monotonic()
        """When the fleet had workers last."""

    def all(self, orders: Sequence[Order]) -> None:
        """Runs them to their ends, those that need most memory first: they would otherwise run alone at the end."""
        self._waiting = sorted(orders, key=lambda order: -order.job.memory)
        for order in orders:
            before = journal.read(order)
            journal.write(order, Entry(state="waiting", peak_bytes=before.peak_bytes if before else None))
        try:
            while self._waiting or self._running:
                self._admit()
                for future in wait(self._running, TICK_S, FIRST_COMPLETED).done:
                    self._settle(self._running.pop(future), future)
                self._live.update([(order, journal.read(order)) for order in self._running.values()])
        except _LostError as lost:
            self._stop(str(lost))
        except BaseException:
            self._stop(STOPPED)
            raise

    def _admit(self) -> None:
        slots = self._fleet.slots
        if slots:
            self._seen = time.monotonic()
        elif time.monotonic() - self._seen > ALONE_S:
            raise _LostError(f"{self._fleet.name} has had no workers for {ALONE_S:.0f} s")
        while len(self._running) < slots and (order := next(filter(self._fits, self._waiting), None)):
            self._waiting.remove(order)
            self._running[self._fleet.submit(order)] = order

    def _fits(self, order: Order) -> bool:
        """Whether its memory is there beside what runs; a job that needs more than there is runs alone."""
        needed = sum(other.job.memory for other in self._running.values()) + order.job.memory
        return self._fleet.memory is None or not self._running or needed <= self._fleet.memory

    def _settle(self, order: Order, future: Future[Entry]) -> None:
        try:
            entry = future.result()
        except CancelledError:
            self._running[future] = order
            raise _LostError(f"{self._fleet.name} was lost") from None
        except Exception as error:
            entry = self._failed(order, error)
        if entry.state == "died" and entry.tries < TRIES:
            self._live.note(order, f"{entry.reason}; it is begun again")
            self._waiting.insert(0, order)
            journal.write(order, entry.model_copy(update={"state": "waiting"}))
            return
        ended = given_up(order, entry) if entry.state == "died" else journal.write(order, entry)
        self._live.ended(order, ended)

    def _failed(self, order: Order, error: Exception) -> Entry:
        """Of a job that did not get as far as to tell itself how it went."""
        begun = journal.read(order) or Entry(state="waiting")
        if self._fleet.killed(error):
            self._killed[order.job.name] += 1
            tries = max(begun.tries, self._killed[order.job.name])
            return Entry(state="died", tries=tries, reason="the workers on which it was to run were killed")
        first = (str(error).strip() or "no message").splitlines()[0]
        reason = f"{self._fleet.name} could not run it: {type(error).__name__}: {first}"
        return Entry(state="ended", tries=begun.tries, reason=reason)

    def _stop(self, reason: str) -> None:
        """Whoever runs one of the jobs that are left sees this, and ends it."""
        for order in (*self._running.values(), *self._waiting):
            begun = journal.read(order)
            journal.write(order, Entry(state="ended", tries=begun.tries if begun else 0, reason=reason))
