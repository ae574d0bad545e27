"""The folders and the process pool of one build."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_log_path

from deploykit.errors import DeploykitError
from deploykit.jobs import IsolatedPool, JobDied, JobFailed
from deploykit.progress import Progress


@dataclass(frozen=True)
class Workspace:
    """Where a build is made."""

    root: Path
    """Becomes the output folder."""
    scratch: Path
    """Intermediates; removed before the output is swapped in."""
    pool: IsolatedPool
    progress: Progress

    @property
    def logs(self) -> Path:
        """The jobs' logs; part of the output."""
        return self.root / "report" / "logs"

    def log(self, job: str) -> Path:
        """The log of a job, for example `lower-coreml-fp16`."""
        return self.logs / f"{job}.log"


@contextmanager
def workspace(root: Path, workers: int, progress: Progress) -> Iterator[Workspace]:
    """A workspace in `root`, an empty folder.

    Raises:
        DeploykitError: what the build raised; if a job died in it, the log is kept and the message says where.
    """
    scratch = root / ".work"
    with IsolatedPool(workers) as pool:
        work = Workspace(root, scratch, pool, progress)
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
