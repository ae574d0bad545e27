"""A Dask cluster: a scheduler elsewhere, or one of this machine's own. Dask is imported here only.

Dask runs a job again if its worker dies; how often a job was begun is counted in the journal, so it holds whatever the
scheduler's `allowed-failures` says, and jobs that only waited at a worker that died are not blamed.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from deploykit.batch import memory
from deploykit.batch.fleet import Fleet
from deploykit.batch.job import Options, Order
from deploykit.batch.journal import Entry
from deploykit.batch.work import work
from deploykit.errors import ArgumentsError

CONNECT_S = 10
"""So long a scheduler may take to answer."""

RESOURCE = "memory"
"""What workers say they have, in gigabytes: `dask worker … --resources memory=16`."""


@dataclass(frozen=True)
class Cluster:
    """The workers of a scheduler."""

    name: str
    memory: float | None
    client: Any
    executor: Any

    @property
    def slots(self) -> int:
        """See `Fleet.slots`: one for each thread of a worker."""
        return sum(worker["nthreads"] for worker in self._workers())

    def submit(self, order: Order) -> Future[Entry]:
        """See `Fleet.submit`."""
        have = [worker["resources"][RESOURCE] for worker in self._workers() if RESOURCE in worker["resources"]]
        # A job that no worker has enough for would wait for ever: it gets the largest one to itself.
        needs = {RESOURCE: min(order.job.memory, max(have))} if have else None
        future: Future[Entry] = self.executor.submit(work, order, pure=False, resources=needs)
        return future

    def killed(self, error: BaseException) -> bool:
        """See `Fleet.killed`."""
        return isinstance(error, importlib.import_module("distributed").KilledWorker)

    def _workers(self) -> list[dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self.client.scheduler_info(n_workers=-1)["workers"]
        return list(found.values())


def check() -> None:
    """Says how to get Dask where it is missing.

    Raises:
        ArgumentsError: if it is.
    """
    try:
        importlib.import_module("distributed")
    except ImportError as error:
        raise ArgumentsError(
            [f"--scheduler and --workers need Dask, which is not installed ({error}): pip install 'deploykit[cluster]'"]
        ) from None


@contextmanager
def cluster(options: Options) -> Iterator[Fleet]:
    """A scheduler elsewhere, or a cluster of this machine's own, which ends with this process.

    Raises:
        ArgumentsError: if the scheduler cannot be reached, or Dask is missing.
    """
    check()
    for name in ("distributed", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what it tells is told in the table
    with _own(options.workers) if options.workers else _elsewhere(options.scheduler) as client:
        name = f"a Dask cluster of {options.workers}" if options.workers else f"Dask at {options.scheduler}"
        budget = (options.memory or memory.for_jobs()) if options.workers else None
        with client.get_executor() as executor:
            yield Cluster(name, budget, client, executor)


@contextmanager
def _own(workers: int) -> Iterator[Any]:
    from distributed import Client, LocalCluster

    # A worker only waits for a job's process: its own memory says nothing, and what jobs need is seen to before.
    with (
        LocalCluster(workers, threads_per_worker=1, memory_limit=0, dashboard_address=None, silence_logs=50) as made,
        Client(made) as client,
    ):
        yield client


@contextmanager
def _elsewhere(address: str) -> Iterator[Any]:
    from distributed import Client

    try:
        client = Client(address, timeout=CONNECT_S)
    except (OSError, ValueError, TypeError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ArgumentsError(
            [
                f"--scheduler {address}: cannot be reached ({first}); start one with `dask scheduler` and give its "
                "address, as tcp://host:8786, or leave --scheduler out to build on this machine"
            ]
        ) from None
    with client:
        yield client
