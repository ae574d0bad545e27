"""Capture, run and examine: stages that send jobs to processes of their own."""

from __future__ import annotations

from concurrent.futures import Future, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploykit import vulkan
from deploykit.backends import RUNNERS
from deploykit.backends.base import ORIGINS
from deploykit.cache.memory import Task
from deploykit.coverage import Coverage
from deploykit.errors import DeploykitError, RunnerLimitError
from deploykit.jobs import JobDied, JobFailed
from deploykit.manifest import OpRecord, RoadRecord, UnknownOp
from deploykit.precisions import SCHEMES
from deploykit.project import Entry, Project
from deploykit.stages.plan import Item, Lowering, Plan
from deploykit.stages.workspace import Workspace
from deploykit.stages.yardsticks import Yardsticks, load_yardsticks
from deploykit.work import capture as capture_job
from deploykit.work import cover as cover_job
from deploykit.work import examine as examine_job
from deploykit.work import honest as honest_job
from deploykit.work import run as run_job
from deploykit.work.capture import TRUTHS, Captured, calibration_for
from deploykit.work.examine import Examined
from deploykit.work.run import Asked, Measured

if TYPE_CHECKING:
    from deploykit.stages.compare import Compared


@dataclass(frozen=True)
class Ran:
    """What came of running a file: outputs, or the reason why there are none."""

    outputs: Path | None
    reason: str = ""
    measured: Measured = field(default_factory=Measured)
    """How well it answers the project's samples."""
    limit: bool = False
    """True if the runner, not the file, is to blame: the verdict is then `not_run`."""


@dataclass(frozen=True)
class Lowered:
    """What came of a lowering: a file, or none, and what each road did."""

    road: str | None
    roads_tried: tuple[RoadRecord, ...]
    file: Path | None
    log: Path
    unknown: tuple[UnknownOp, ...] = ()
    """Where there is no file: the ops that stand in the way."""
    ran: dict[str, Ran] = field(default_factory=dict)
    """By runner, where it was run already to see whether the road can be kept."""
    compared: dict[Item, Compared] = field(default_factory=dict)
    """What came of comparing those runs."""
    kept: tuple[OpRecord, ...] = ()
    """Layers that stayed float in a file with integers, the noisiest first; ops that stayed float32 in one at fp16."""


def capture(work: Workspace, source: Project | Entry, plan: Plan) -> Captured:
    """Source → ExportedProgram, inputs and reference outputs in the scratch folder."""
    log = work.log("capture")
    task = Task(
        "capture",
        log,
        capture_job.capture,
        (source, plan.precisions, work.scratch),
        writes=(work.scratch,),
        about=_read_by_capture(source, plan),
        foreign=True,
    )
    try:
        captured = work.submit(task).result()
    except (JobDied, JobFailed) as error:
        raise type(error)(f"the model could not be captured: {error}") from error
    if not work.reused(task.name):
        work.progress.parts(captured.seconds)
    work.progress.job("capture", log)
    project = source if isinstance(source, Project) else replace(captured.project, root=source.root)
    return replace(captured, project=project)


def _read_by_capture(source: Project | Entry, plan: Plan) -> list[object]:
    """What of a project its capture depends on: the rest may change and nothing is captured anew.

    Source lines are in the program with their absolute paths, so a project that moved is captured anew. Labels are
    read for samples, which may be given by name; without samples only their number counts.
    """
    schemes = [SCHEMES[precision] for precision in plan.precisions]
    calibrated = any(scheme.calibrated for scheme in schemes)
    found: list[object] = [source.root.resolve(), any(scheme.bits < 32 for scheme in schemes), calibrated]
    if not isinstance(source, Project):
        return [*found, source.model]
    labels = source.labels if source.spec.build.samples is not None else len(source.labels)
    return [*found, labels, source.spec.model_dump(mode="json", exclude=UNREAD)]


UNREAD: Any = {
    "model": {"name", "version", "license"},
    "task": {"labels"},
    "build": {"targets", "precisions"},
    "quantize": {"ranges", "keep_float", "fp16_islands", "most_kept"},
    "sdk": True,
    "tolerance": True,
}
"""What of a config no capture depends on. What is not named here counts."""


def run(
    work: Workspace, captured: Captured, lowered: dict[Lowering, Lowered], plan: Plan
) -> dict[tuple[Lowering, str], Ran]:
    """Every file on every runner that its targets name and this host has, where that is not known yet."""
    asked = asked_of(work, captured, load_yardsticks(work.scratch))
    done = {(lowering, runner): ran for lowering, made in lowered.items() for runner, ran in made.ran.items()}
    jobs = {}
    for lowering, made in lowered.items():
        for runner in plan.runners(lowering) if made.file is not None else ():
            if (lowering, runner) not in done and made.file is not None:
                outputs = work.scratch / f"{lowering.name}-{runner}.npz"
                jobs[submit_run(work, lowering, runner, made.file, outputs, asked)] = (lowering, runner, outputs)
    for future in as_completed(jobs):
        lowering, runner, outputs = jobs[future]
        done[lowering, runner] = finished_run(work, lowering, runner, outputs, future)
    return done


def honest(work: Workspace, plan: Plan) -> None:
    """What PyTorch itself gives at each precision with integers: the yardsticks of such files."""
    jobs = {}
    for precision in plan.precisions:
        if SCHEMES[precision].quantized:
            scratch, log = work.scratch, work.log(f"honest-{precision}")
            outputs, calibration = scratch / f"{precision}.npz", calibration_for(precision, scratch)
            given = (precision, Captured.program(scratch), calibration, scratch / "inputs.npz", outputs)
            task = Task(f"PyTorch at {precision}", log, honest_job.run_honestly, given, writes=(outputs,))
            jobs[work.submit(task)] = precision
    for future in as_completed(jobs):
        try:
            future.result()
        except DeploykitError as error:
            work.progress.note(f"no noise floor for {jobs[future]}: {error}")
        work.progress.job(f"PyTorch at {jobs[future]}", work.log(f"honest-{jobs[future]}"))


def asked_of(work: Workspace, captured: Captured, yardsticks: Yardsticks) -> Asked:
    """What samples are measured by; nothing is, where there are none."""
    contract, scratch = captured.project.contract, work.scratch
    draws, shown = yardsticks.sound_samples(contract), tuple(sample.draw for sample in captured.shown)
    sizes = [spec.size[::-1] for spec in contract.inputs.values() if spec.type == "image"]
    files = scratch / "fp32.npz", scratch / TRUTHS
    return Asked(contract.outputs, len(contract.labels), *files, draws, shown, sizes[0] if len(sizes) == 1 else None)


def submit_run(
    work: Workspace, lowering: Lowering, runner: str, file: Path, outputs: Path, asked: Asked
) -> Future[Measured]:
    """Sends a file to a runner, with every test input."""
    log, inputs = work.log(f"run-{lowering.name}-{runner}"), work.scratch / "inputs.npz"
    name = f"run {lowering.name} on {runner}"
    entry = RUNNERS[runner]
    given = (runner, file, inputs, outputs, asked, entry.told(lowering.precision))
    return work.submit(Task(name, log, run_job.run, given, writes=(outputs,), reads=entry.needs()))


def finished_run(work: Workspace, lowering: Lowering, runner: str, outputs: Path, future: Future[Measured]) -> Ran:
    """What came of `submit_run`."""
    work.progress.job(f"run {lowering.name} on {runner}", work.log(f"run-{lowering.name}-{runner}"))
    try:
        measured = future.result()
        return Ran(None if measured.limit else outputs, measured.limit, measured, limit=bool(measured.limit))
    except RunnerLimitError as error:
        return Ran(None, str(error), limit=True)
    except DeploykitError as error:
        return Ran(None, str(error))


def examine(work: Workspace, lowered: dict[Lowering, Lowered]) -> dict[Lowering, Examined | str]:
    """Every file, looked at from outside and inside; the reason where that could not be had."""
    futures: dict[Future[Examined], Lowering] = {}
    for lowering, made in lowered.items():
        if made.file is not None:
            log, inputs = work.log(f"examine-{lowering.name}"), work.scratch / "inputs.npz"
            twin = lowered.get(replace(lowering, precision="fp32"))
            given = (lowering.backend, lowering.precision, made.file, inputs, twin.file if twin else None)
            notes = made.file.parent / ORIGINS
            task = Task(f"examine {lowering.name}", log, examine_job.examine, given, reads=(notes,))
            futures[work.submit(task)] = lowering
    done: dict[Lowering, Examined | str] = {}
    for future in as_completed(futures):
        lowering = futures[future]
        try:
            done[lowering] = future.result()
        except DeploykitError as error:
            done[lowering] = str(error)
        work.progress.job(f"examine {lowering.name}", work.log(f"examine-{lowering.name}"))
    return done


def cover(
    work: Workspace, lowered: dict[Lowering, Lowered], ran: dict[tuple[Lowering, str], Ran]
) -> dict[Lowering, Coverage]:
    """What accelerators take of every file; nothing of one that cannot be read op by op, which the build survives."""
    said = {lowering: outcome.measured.parts for (lowering, _), outcome in ran.items() if outcome.measured.parts}
    futures: dict[Future[Coverage], Lowering] = {}
    for lowering, made in lowered.items():
        if made.file is not None:
            log, notes = work.log(f"accelerators-{lowering.name}"), made.file.parent / ORIGINS
            name, given = f"accelerators of {lowering.name}", (lowering.backend, made.file, said.get(lowering, ""))
            futures[work.submit(Task(name, log, cover_job.cover, given, reads=(notes, *vulkan.needs())))] = lowering
    done: dict[Lowering, Coverage] = {}
    for future in as_completed(futures):
        lowering = futures[future]
        try:
            done[lowering] = future.result()
        except DeploykitError as error:
            work.progress.note(f"nothing is known of accelerators for {lowering.name}: {error}")
        work.progress.job(f"accelerators of {lowering.name}", work.log(f"accelerators-{lowering.name}"))
    return done
