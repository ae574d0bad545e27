"""Lower: each backend's roads in order, until one leads to a file that computes what the model computes.

Roads are walked at fp32, where a mistake in the graph stands out from rounding. Each file is run on every runner of
its targets and compared before it is kept: a wrong file is a failed road. Other precisions take the road that was kept.
"""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from deploykit.backends import BACKENDS, RUNNERS, RoadEntry
from deploykit.backends.base import LowerRequest
from deploykit.cache.memory import Task
from deploykit.errors import DeploykitError, UnavailableError
from deploykit.jobs import interleave, logged
from deploykit.manifest import ParityRecord, RoadRecord, UnknownOp, Verdict, overall, tightest
from deploykit.stages.compare import Compared, Yardsticks, compare_item, load_yardsticks
from deploykit.stages.execute import Lowered, Ran, finished_run, submit_run
from deploykit.stages.plan import Item, Lowering, Plan
from deploykit.stages.workspace import Workspace
from deploykit.work import knowledge, timing
from deploykit.work import lower as lower_job
from deploykit.work import narrow as narrow_job
from deploykit.work.capture import Captured

Job = Future[Any]

CLEARLY = 0.95
"""Of an earlier road's time: what a later one has to need at most to be kept in its place."""


@dataclass(frozen=True)
class Attempt:
    """One road at one precision."""

    record: RoadRecord
    file: Path | None = None
    ran: dict[str, Ran] = field(default_factory=dict)
    compared: dict[Item, Compared] = field(default_factory=dict)
    verdict: Verdict = "failed"

    @property
    def settled(self) -> bool:
        """Whether another road could do no better: it passed, or it is not for want of an op that none can judge it."""
        return self.verdict == "passed" or (
            self.verdict == "not_run" and not any(ran.limit for ran in self.ran.values())
        )


def lower(work: Workspace, captured: Captured, plan: Plan, best: bool = False) -> dict[Lowering, Lowered]:
    """Walks the roads of every backend side by side; a job that fails or dies ends its own attempt only.

    Args:
        work: folders and processes.
        captured: the model.
        plan: what is to be made.
        best: whether to try every road, and keep the fastest file that is right.
    """
    yardsticks = load_yardsticks(work.scratch)
    walks = [_Walk(work, captured, plan, group, yardsticks, best).go() for group in plan.groups]
    return {lowering: made for done in interleave(walks) for lowering, made in done.items()}


@dataclass(frozen=True)
class _Walk:
    """The roads of one backend, with one set of options."""

    work: Workspace
    captured: Captured
    plan: Plan
    lowerings: tuple[Lowering, ...]
    """The same file at several precisions, fp32 first."""
    yardsticks: Yardsticks
    best: bool

    def go(self) -> Generator[Job, Job, dict[Lowering, Lowered]]:
        first, *rest = self.lowerings
        roads = BACKENDS[first.backend].roads
        attempts: list[Attempt] = []
        for road in roads:
            if attempts and attempts[-1].settled and not self.best:
                break
            attempts.append((yield from self._try(road, first)))
        chosen, records = yield from self._choose(attempts)
        records += [_not_tried(road, attempts[-1].record) for road in roads[len(attempts) :]]
        log = self.work.log(f"lower-{first.name}")
        if chosen is None:
            unknown = yield from self._unknown(first)
            return dict.fromkeys(self.lowerings, Lowered(None, tuple(records), None, log, unknown))
        name = chosen.record.road
        made = {first: Lowered(name, tuple(records), chosen.file, log, (), chosen.ran, chosen.compared)}
        road = next(road for road in roads if road.name == name)
        jobs = [(lowering, self._narrow(road, lowering, chosen)) for lowering in rest]
        for lowering, job in jobs:
            other = self._finished(road, lowering, (yield job))
            tried = tuple(_at(other, record) if record.road == name else record for record in records)
            made[lowering] = Lowered(
                name if other.file else None, tried, other.file, self.work.log(f"lower-{lowering.name}")
            )
        return made

    def _try(self, road: RoadEntry, lowering: Lowering) -> Generator[Job, Job, Attempt]:
        """Lowers, runs and compares."""
        attempt = self._finished(road, lowering, (yield self._submit(road, lowering)))
        if attempt.file is None:
            return attempt
        jobs = []
        for runner in self.plan.runners(lowering):
            outputs = attempt.file.parent.with_name(f"{attempt.file.parent.name}-{runner}.npz")
            jobs.append((runner, outputs, submit_run(self.work, lowering, runner, attempt.file, outputs)))
        ran = {}
        for runner, outputs, job in jobs:
            ran[runner] = finished_run(self.work, lowering, runner, outputs, (yield job))
        return self._judged(replace(attempt, ran=ran), lowering)

    def _judged(self, attempt: Attempt, lowering: Lowering) -> Attempt:
        """With the verdict of everything that was run."""
        ran = {(lowering, runner): outcome for runner, outcome in attempt.ran.items()}
        items = [item for item in self.plan.checked if item.lowering == lowering]
        compared = {item: compare_item(item, self.captured, ran, self.yardsticks) for item in items}
        records = [record for found in compared.values() for record in found.parity]
        verdict = overall(records)
        closest = tightest(records)
        record = attempt.record.model_copy(update={"snr_db": closest and closest.snr_db})
        if verdict != "passed":
            outcome = "failed" if verdict == "failed" else record.outcome
            record = record.model_copy(update={"outcome": outcome, "reason": _reasons(records, verdict)})
        return replace(attempt, record=record, verdict=verdict, compared=compared)

    def _choose(self, attempts: list[Attempt]) -> Generator[Job, Job, tuple[Attempt | None, list[RoadRecord]]]:
        """What is kept, and what is said of every road.

        Where no file is right, the first one is kept to show what is wrong with it; it is never shipped.
        """
        right = [attempt for attempt in attempts if attempt.verdict == "passed"]
        unknown = [attempt for attempt in attempts if attempt.verdict == "not_run" and attempt.file is not None]
        made = [attempt for attempt in attempts if attempt.file is not None]
        chosen = next(iter((*right, *unknown, *made)), None)
        said: dict[str, str] = {}
        if self.best and len(right) > 1:
            chosen, said = yield from self._fastest(right)
        records = []
        for attempt in attempts:
            record, reason = attempt.record, said.get(attempt.record.road, "")
            if attempt is chosen:
                record = record.model_copy(update={"reason": reason or record.reason})
            elif attempt.verdict == "passed":
                record = record.model_copy(update={"outcome": "passed", "reason": reason})
            elif attempt in unknown:
                record = _unknown(record)
            records.append(record)
        return chosen, records

    def _fastest(self, right: list[Attempt]) -> Generator[Job, Job, tuple[Attempt, dict[str, str]]]:
        """The fastest on the first runner that can tell, and what is to be said of each; the first one where none can.

        One that is hardly faster than an earlier one is not kept in its place: times differ from run to run.
        """
        runner = next((r for r in self.plan.runners(self.lowerings[0]) if not RUNNERS[r].interprets), None)
        if runner is None:
            return right[0], {attempt.record.road: "right; no runner here tells its speed" for attempt in right}
        files = tuple(attempt.file for attempt in right if attempt.file is not None)
        log, inputs = self.work.log(f"time-{self.lowerings[0].name}"), self.work.scratch / "inputs.npz"
        done = yield self.work.pool.submit(logged, log, timing.time_files, runner, files, inputs)
        try:
            seconds: tuple[float, ...] = done.result()
        except DeploykitError as error:
            why = f"right; which is the fastest on {runner} could not be measured: {error}"
            return right[0], {attempt.record.road: why for attempt in right}
        chosen = next(i for i, value in enumerate(seconds) if value * CLEARLY <= min(seconds))
        best, than = right[chosen], f"the time of {right[chosen].record.road} on {runner}"
        said = {
            attempt.record.road: f"right, but {value / seconds[chosen]:.2f} times {than}"
            for attempt, value in zip(right, seconds, strict=True)
        }
        return best, said | {best.record.road: f"the fastest on {runner}, or hardly slower"}

    def _unknown(self, lowering: Lowering) -> Generator[Job, Job, tuple[UnknownOp, ...]]:
        """The ops in the way of a backend that no road leads to."""
        log, program = self.work.log(f"unknown-{lowering.name}"), Captured.program(self.work.scratch)
        name, given = f"unknown {lowering.name}", (program, self.captured.project.root)
        done = yield self.work.submit(Task(name, log, knowledge.ask_converters, given))
        try:
            found: knowledge.Knowledge = done.result()
        except DeploykitError:
            return ()  # the process died; the roads have said why there is no file
        return tuple(op for op in found.lacking if lowering.backend in op.backends)

    def _narrow(self, road: RoadEntry, lowering: Lowering, twin: Attempt) -> Job:
        """The kept road at another precision: from its file at fp32, where that gives the same."""
        if not road.narrow:
            return self._submit(road, lowering)
        request, log = self._request(road, lowering), self.work.log(f"lower-{lowering.name}")
        name = f"lower {lowering.name} by {road.name}"
        given = (lowering.backend, road.name, twin.file, twin.record.rewrites, request)
        return self.work.submit(Task(name, log, narrow_job.narrow, given, writes=(request.folder,)))

    def _submit(self, road: RoadEntry, lowering: Lowering) -> Job:
        request, log = self._request(road, lowering), self.work.log(f"lower-{lowering.name}")
        program = Captured.program(self.work.scratch)
        name, given = f"lower {lowering.name} by {road.name}", (lowering.backend, road.name, program, request)
        return self.work.submit(Task(name, log, lower_job.lower, given, writes=(request.folder,)))

    def _request(self, road: RoadEntry, lowering: Lowering) -> LowerRequest:
        folder = self.work.scratch / lowering.name / _slug(road.name)
        return lower_job.requested(self.captured, lowering.precision, dict(lowering.options), folder)

    def _finished(self, road: RoadEntry, lowering: Lowering, job: Job) -> Attempt:
        self.work.progress.job(f"lower {lowering.name} by {road.name}", self.work.log(f"lower-{lowering.name}"))
        try:
            file, rewrites, seconds = job.result()
        except UnavailableError as error:
            return Attempt(RoadRecord(road=road.name, outcome="not available", reason=str(error)))
        except DeploykitError as error:
            # A converter may raise anything: the traceback is in the log, the reason for the report.
            return Attempt(RoadRecord(road=road.name, outcome="failed", reason=str(error)))
        return Attempt(RoadRecord(road=road.name, outcome="kept", rewrites=rewrites, seconds=seconds), file)


def _slug(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name)


def _reasons(records: list[ParityRecord], verdict: Verdict) -> str:
    """Why a file is wrong, or could not be judged, by runner and kind of input."""
    found = dict.fromkeys(f"{r.runner} on {r.input}: {r.reason}" for r in records if r.verdict == verdict)
    return "; ".join(found)


def _at(other: Attempt, record: RoadRecord) -> RoadRecord:
    """The kept road at another precision: its own time and rewrites, and why it was kept."""
    reason = other.record.reason or (record.reason if record.outcome == "kept" else "")
    return other.record.model_copy(update={"reason": reason})


def _unknown(record: RoadRecord) -> RoadRecord:
    return record.model_copy(update={"outcome": "failed", "reason": f"could not be judged: {record.reason}"})


def _not_tried(road: RoadEntry, last: RoadRecord) -> RoadRecord:
    """`last` settled it: only such a road leaves others untried."""
    return RoadRecord(road=road.name, outcome="not tried", reason=f"{last.road} was kept")
