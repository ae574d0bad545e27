"""What a batch is made of: builds, and how they are to be run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deploykit.precisions import Precision

MEMORY_GB = 4.0
"""What a build is taken to need at its peak, where nothing else is said; docs/batch.md says what was measured."""

WORKERS = 2
"""Processes at a time in a build that has as many cores: more than two files that wait for each other are rare."""

TRIES = 3
"""So often a job is begun whose process, or whose worker, was killed each time."""

REPORT = "report"
"""The folder of the batch's own report, beside those of the jobs."""


@dataclass(frozen=True)
class Job:
    """One build.

    Attributes:
        name: of its output folder and in the report; unique in the batch.
        source: whatever `deploykit build` takes: a `deploykit.toml`, its folder, or an entry.
        root: the folder that `source` is relative to, and in which the build runs.
        targets: by name; empty for the project's.
        precisions: empty for the project's.
        best: every road is tried, and the fastest right file kept.
        keep_float: the noisiest layers of a file with integers stay float until it is right.
        fp16_islands: what fp16 cannot hold is computed in float32.
        memory: gigabytes that it needs at its peak, all its processes together.
    """

    name: str
    source: str
    root: Path = Path()
    targets: tuple[str, ...] = ()
    precisions: tuple[Precision, ...] = ()
    best: bool = False
    keep_float: bool = False
    fp16_islands: bool = False
    memory: float = MEMORY_GB


@dataclass(frozen=True)
class Options:
    """How a batch is run.

    Attributes:
        out: the output folder: one folder for each job, and `report/`.
        at_a_time: jobs on this machine; None for one per two cores. Not for a cluster.
        memory: gigabytes that all running jobs together may need; None for three quarters of the machine's. Not for a
            scheduler elsewhere, whose workers have a resource `memory` of their own.
        scheduler: the address of a Dask scheduler; empty for none.
        workers: of a Dask cluster on this machine; 0 for none.
        fresh: everything is done anew, whatever is there.
    """

    out: Path
    at_a_time: int | None = None
    memory: float | None = None
    scheduler: str = ""
    workers: int = 0
    fresh: bool = False


@dataclass(frozen=True)
class Order:
    """A job as it is sent to whoever runs it: plain data, with absolute paths.

    Attributes:
        job: what to build; its root is absolute, its source a path that holds anywhere, or an entry.
        out: the batch's output folder.
        cores: that it may use; 0 for all that the machine has, or what `DEPLOYKIT_CORES` says there.
        fresh: whether the cache is not to be used.
        code: digest of deploykit's own files; another worker's must be the same.
    """

    job: Job
    out: Path
    cores: int
    fresh: bool
    code: str

    @property
    def folder(self) -> Path:
        """The build's output folder."""
        return self.out / self.job.name

    @property
    def log(self) -> Path:
        """What the build prints."""
        return self.out / REPORT / "logs" / f"{self.job.name}.log"

    @property
    def arguments(self) -> list[str]:
        """Of `deploykit`."""
        job = self.job
        flags = {"--best": job.best, "--fresh": self.fresh}
        return [
            "build",
            job.source,
            *("--out", str(self.folder)),
            *("--workers", str(min(WORKERS, self.cores or WORKERS))),
            *(part for name in job.targets for part in ("--target", name)),
            *(part for name in job.precisions for part in ("--precision", name)),
            *(("--keep-float", "auto") if job.keep_float else ()),
            *(("--fp16-islands", "auto") if job.fp16_islands else ()),
            *(flag for flag, wanted in flags.items() if wanted),
        ]
