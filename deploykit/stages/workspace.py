"""The folders and the process pool of one build."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from platformdirs import user_log_path

from deploykit.backends import BACKENDS
from deploykit.cache.limit import default_limit, prune
from deploykit.cache.memory import Memory, Task
from deploykit.cache.stamp import stamp
from deploykit.errors import DeploykitError
from deploykit.jobs import IsolatedPool, JobDied, JobFailed, logged
from deploykit.progress import Progress
from deploykit.request import BuildRequest
from deploykit.stages.plan import Plan

T = TypeVar("T")

IMPORTS = ("torch", "torch._dynamo", "torch.export._trace")
"""What capture takes longest to import, and most other jobs as well; a backend's table row has what its own do."""


@dataclass(frozen=True)
class Workspace:
    """Where a build is made."""

    root: Path
    """Becomes the output folder."""
    scratch: Path
    """Intermediates; removed before the output is swapped in."""
    pool: Executor
    progress: Progress
    memory: Memory | None = None
    """What earlier builds did; without it everything is done anew."""

    @property
    def logs(self) -> Path:
        """The jobs' logs; part of the output."""
        return self.root / "report" / "logs"

    def log(self, job: str) -> Path:
        """The log of a job, for example `lower-coreml-fp16`."""
        return self.logs / f"{job}.log"

    def submit(self, task: Task[T]) -> Future[T]:
        """Has a task done in a process of its own, or remembers what it gave."""
        if self.memory is None:
            return self.pool.submit(logged, task.log, task.function, *task.arguments)
        return self.memory.submit(self.pool, task)

    def reused(self, name: str) -> bool:
        """Whether a task's result came from the cache."""
        return self.memory is not None and name in self.memory.reused


@contextmanager
def workspace(root: Path, request: BuildRequest, plan: Plan, progress: Progress) -> Iterator[Workspace]:
    """A workspace in `root`, an empty folder that becomes the output folder.

    Raises:
        DeploykitError: what the build raised; if a job died in it, the log is kept and the message says where.
    """
    scratch = root / ".work"
    imports = dict.fromkeys(name for item in plan.items for name in BACKENDS[item.target.backend].imports)
    with IsolatedPool(request.workers, IMPORTS, tuple(imports)) as pool:
        store = request.store
        memory = None if store is None else Memory(store, scratch, request.name, request.fresh, progress.note)
        work = Workspace(root, scratch, pool, progress, memory)
        work.logs.mkdir(parents=True)
        scratch.mkdir()
        try:
            yield work
        except (JobDied, JobFailed) as error:
            kept = user_log_path("deploykit", ensure_exists=True) / "last-failure"
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(work.logs, kept)
            raise DeploykitError(f"{error}\nThe logs are in {kept}") from error
    shutil.rmtree(scratch)


def remember(work: Workspace, request: BuildRequest) -> None:
    """Lets the next build see that nothing has changed, and keeps the cache within its limit."""
    if request.store is None:
        return
    try:
        stamp(request, work.memory)
        prune(request.store, default_limit())
    except OSError as error:  # the output is whole; only the next build has more to do
        work.progress.note(f"{request.store.folder} cannot be written: {error.strerror or error}")
