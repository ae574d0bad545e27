"""A job as the request that its build makes of it: whether it is done, and what is wrong with it before it runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from deploykit.batch.job import Job, Order
from deploykit.cache.stamp import up_to_date
from deploykit.cache.store import default_store
from deploykit.errors import DeploykitError, SpecError
from deploykit.project import Entry, Project
from deploykit.report.model import Report
from deploykit.request import BuildRequest, Mixing
from deploykit.source import read_source
from deploykit.stages.plan import plan


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


def problems(job: Job) -> Iterator[str]:
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
