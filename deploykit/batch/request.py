"""A job as the request that its build makes of it: whether it is done, and what is wrong with it before it runs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from deploykit.batch.job import REPORT, Job, Order
from deploykit.cache.stamp import up_to_date
from deploykit.cache.store import default_store
from deploykit.errors import DeploykitError, SpecError
from deploykit.project import Entry, Project
from deploykit.report.model import Report
from deploykit.request import BuildRequest, Mixing
from deploykit.source import read_source
from deploykit.stages.plan import plan

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""What a job may be called: it becomes a folder, on any file system."""


def finished(order: Order) -> Report | None:
    """The report of a job that is done, on the same files, with the same options and the same code; else None.

    That is what a repeated `deploykit build` asks before it does anything.
    """
    job = order.job
    try:
        source = _source(job)
        request = BuildRequest(
            source,
            order.folder,
            job.targets,
            job.precisions,
            best=job.best,
            store=default_store(),
            mixing=Mixing(job.keep_float, job.fp16_islands),
        )
        text = up_to_date(request)
        return None if text is None else Report.model_validate_json(text)
    except (DeploykitError, ValueError):
        return None  # the build will say what is wrong


def located(job: Job) -> Job:
    """The same job with paths that hold in any folder."""
    root = job.root.resolve()
    is_path = job.source.rpartition(":")[0].endswith(".py") or job.source.endswith(".toml")
    source = str(root / job.source) if is_path or (root / job.source).is_dir() else job.source
    return replace(job, root=root, source=source)


def check(jobs: Sequence[Job], where: Callable[[Job], str]) -> list[str]:
    """Everything that is wrong with jobs and can be known without running them.

    Args:
        jobs: of one batch.
        where: names a job, so that its user finds it.
    """
    found = []
    same = Counter(job.name.lower() for job in jobs)  # file systems that do not tell A from a
    for job in jobs:
        at = where(job)
        if not NAME.fullmatch(job.name) or job.name.lower() == REPORT:
            found.append(
                f"{at}: {job.name!r} cannot be the name of a job's folder; it takes letters, digits, '.', '_' and "
                f"'-', and {REPORT!r} is the batch's own"
            )
        if same[job.name.lower()] > 1:
            found.append(f"{at}: there is more than one job of this name, and each needs a folder of its own")
        if job.memory <= 0:
            found.append(f"{at}: memory = {job.memory:g}: give the gigabytes that it needs at its peak")
        found += [f"{at}: {problem}" for problem in _problems(located(job))]
    return list(dict.fromkeys(found))


def _problems(job: Job) -> Iterator[str]:
    """What can be known to be wrong with a job without running it."""
    head = job.source.rpartition(":")[0]
    if head.endswith(".py") and not Path(head).is_file():
        yield f"{job.source}: there is no file {head}"
        return
    try:
        plan(_source(job), job.targets, job.precisions)
    except SpecError as error:
        yield from error.problems


def _source(job: Job) -> Project | Entry:
    source = read_source(job.source)
    # An entry that is a module is looked for in the folder where the build runs.
    return replace(source, root=job.root / source.root) if isinstance(source, Entry) else source
