"""Where jobs run: threads of this process, each of which waits for a process of its own, or a Dask cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from deploykit.batch import memory
from deploykit.batch.job import Options, Order
from deploykit.batch.journal import Entry
from deploykit.batch.work import work


class Fleet(Protocol):
    """What `deploykit.batch.run` needs of a place where jobs run."""

    @property
    def name(self) -> str:
        """For people."""

    @property
    def slots(self) -> int:
        """How many jobs can run at a time now; 0 while a cluster has no workers."""

    @property
    def memory(self) -> float | None:
        """Gigabytes that all running jobs together may need; None where each worker sees to that itself."""

    def submit(self, order: Order) -> Future[Entry]:
        """Has a job run; its future is cancelled if the fleet is lost."""

    def killed(self, error: BaseException) -> bool:
        """Whether a job's error is that the workers on which it was to run were killed."""


@dataclass(frozen=True)
class Local:
    """Processes of this machine."""

    slots: int
    memory: float | None
    pool: ThreadPoolExecutor

    @property
    def name(self) -> str:
        """See `Fleet.name`."""
        return f"this machine, {self.slots} at a time"

    def submit(self, order: Order) -> Future[Entry]:
        """See `Fleet.submit`."""
        return self.pool.submit(work, order)

    def killed(self, error: BaseException) -> bool:
        """See `Fleet.killed`: a process that is killed is told in the job's entry."""
        return False


@contextmanager
def local(options: Options) -> Iterator[Fleet]:
    """The machine's own processes; jobs that run when it is left have to be told so (`journal.drop`)."""
    slots = options.at_a_time or default_slots()
    with ThreadPoolExecutor(slots, thread_name_prefix="deploykit-batch") as pool:
        yield Local(slots, options.memory or memory.for_jobs(), pool)


def default_slots() -> int:
    """One job per two cores: a build has as a rule two things to do at a time."""
    return max(1, (os.cpu_count() or 1) // 2)
