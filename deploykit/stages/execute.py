"""Capture, lower and run: the stages that send jobs to processes of their own."""

from __future__ import annotations

from concurrent.futures import Future, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from deploykit.backends.base import LowerRequest
from deploykit.errors import DeploykitError, UnsupportedOpsError
from deploykit.jobs import JobDied, JobFailed, logged
from deploykit.manifest import RoadRecord
from deploykit.project import Entry, Project
from deploykit.stages.plan import Lowering, Plan
from deploykit.stages.workspace import Workspace
from deploykit.work import capture as capture_job
from deploykit.work import examine as examine_job
from deploykit.work import lower as lower_job
from deploykit.work import run as run_job
from deploykit.work.capture import Captured
from deploykit.work.examine import Examined


@dataclass(frozen=True)
class Lowered:
    """What came of a lowering: a file, or none, and what each road did."""

    road: str | None
    roads_tried: tuple[RoadRecord, ...]
    file: Path | None
    log: Path


@dataclass(frozen=True)
class Ran:
    """What came of running a file: outputs, or the reason why there are none."""

    outputs: Path | None
    reason: str = ""
    limit: bool = False
    """True if the runner, not the file, is to blame: the verdict is then `not_run`."""


def capture(work: Workspace, source: Project | Entry, plan: Plan) -> Captured:
    """Source → ExportedProgram, inputs and reference outputs in the scratch folder."""
    log = work.log("capture")
    future = work.pool.submit(logged, log, capture_job.capture, source, plan.precisions, work.scratch)
    try:
        captured = future.result()
    except (JobDied, JobFailed) as error:
        raise type(error)(f"the model could not be captured: {error}") from error
    work.progress.parts(captured.seconds)
    work.progress.job("capture", log)
    return captured


def lower(work: Workspace, captured: Captured, plan: Plan) -> dict[Lowering, Lowered]:
    """One job per file to make; a job that fails or dies leaves the others alone."""
    futures: dict[Future[tuple[str | None, tuple[RoadRecord, ...], Path | None]], Lowering] = {}
    for lowering in plan.lowerings:
        folder = work.scratch / lowering.name
        folder.mkdir()
        model = captured.project.spec.model
        request = LowerRequest(
            name=captured.project.name,
            version=model.version,
            license=model.license,
            precision=lowering.precision,
            options=dict(lowering.options),
            signature=captured.signature,
            folder=folder,
            source=captured.project.root,
        )
        program = Captured.program(work.scratch)
        log = work.log(f"lower-{lowering.name}")
        futures[work.pool.submit(logged, log, lower_job.lower, lowering.backend, program, request)] = lowering
    done: dict[Lowering, Lowered] = {}
    for future in as_completed(futures):
        lowering = futures[future]
        log = work.log(f"lower-{lowering.name}")
        try:
            road, tried, file = future.result()
            done[lowering] = Lowered(road, tried, file, log)
        except (JobDied, JobFailed) as error:
            done[lowering] = Lowered(None, (RoadRecord(road="all", outcome="failed", reason=str(error)),), None, log)
        work.progress.job(f"lower {lowering.name}", log)
    return done


def run(work: Workspace, lowered: dict[Lowering, Lowered], plan: Plan) -> dict[tuple[Lowering, str], Ran]:
    """Every file on every runner that its targets name and this host has."""
    futures = {}
    for lowering, runner in dict.fromkeys((item.lowering, runner) for item in plan.checked for runner in item.runners):
        file = lowered[lowering].file
        if file is None:
            continue
        outputs = work.scratch / f"{lowering.name}-{runner}.npz"
        log = work.log(f"run-{lowering.name}-{runner}")
        future = work.pool.submit(logged, log, run_job.run, runner, file, work.scratch / "inputs.npz", outputs)
        futures[future] = (lowering, runner, outputs, log)
    done: dict[tuple[Lowering, str], Ran] = {}
    for future in as_completed(futures):
        lowering, runner, outputs, log = futures[future]
        try:
            future.result()
            done[lowering, runner] = Ran(outputs)
        except UnsupportedOpsError as error:
            done[lowering, runner] = Ran(None, str(error), limit=True)
        except DeploykitError as error:
            done[lowering, runner] = Ran(None, str(error))
        work.progress.job(f"run {lowering.name} on {runner}", log)
    return done


def examine(work: Workspace, lowered: dict[Lowering, Lowered]) -> dict[Lowering, Examined | str]:
    """Every file, looked at from outside and inside; the reason where that could not be had."""
    futures: dict[Future[Examined], Lowering] = {}
    for lowering, made in lowered.items():
        if made.file is not None:
            log, inputs = work.log(f"examine-{lowering.name}"), work.scratch / "inputs.npz"
            job = partial(examine_job.examine, lowering.backend, lowering.precision, made.file, inputs)
            futures[work.pool.submit(logged, log, job)] = lowering
    done: dict[Lowering, Examined | str] = {}
    for future in as_completed(futures):
        lowering = futures[future]
        try:
            done[lowering] = future.result()
        except DeploykitError as error:
            done[lowering] = str(error)
        work.progress.job(f"examine {lowering.name}", work.log(f"examine-{lowering.name}"))
    return done
