"""One road at one precision: its file, made, run and judged. Shared by the walk of the roads and what follows it."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from deploykit.backends.base import LowerRequest
from deploykit.backends.roads import RoadEntry
from deploykit.cache.memory import Task
from deploykit.errors import DeploykitError, UnavailableError
from deploykit.manifest import ParityRecord, RoadRecord, Verdict, decisive, overall, tightest
from deploykit.stages.compare import Compared, compare_item
from deploykit.stages.execute import Ran, asked_of, finished_run, submit_run
from deploykit.stages.plan import Item, Lowering, Plan
from deploykit.stages.workspace import Workspace
from deploykit.stages.yardsticks import Yardsticks
from deploykit.work import lower as lower_job
from deploykit.work.capture import Captured

Job = Future[Any]


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


@dataclass(frozen=True)
class Bench:
    """What every attempt is made with."""

    work: Workspace
    captured: Captured
    plan: Plan
    yardsticks: Yardsticks

    def submit(self, road: RoadEntry, lowering: Lowering, islands: tuple[str, ...] = ()) -> Job:
        """Has a road make a file; `islands` are tensors that fp16 cannot hold."""
        request, log = self.request(road, lowering), self.work.log(f"lower-{lowering.name}")
        request = replace(request, islands=islands)
        program = Captured.program(self.work.scratch)
        name, given = f"lower {lowering.name} by {road.name}", (lowering.backend, road.name, program, request)
        return self.work.submit(Task(name, log, lower_job.lower, given, writes=(request.folder,)))

    def request(self, road: RoadEntry, lowering: Lowering) -> LowerRequest:
        """What a road is asked for."""
        folder = self.folder(road.name, lowering)
        return lower_job.requested(self.captured, lowering.precision, dict(lowering.options), folder)

    def folder(self, road: str, lowering: Lowering) -> Path:
        """Where its file goes."""
        return self.work.scratch / lowering.name / _slug(road)

    def finished(self, road: str, lowering: Lowering, job: Job) -> Attempt:
        """What came of making a file."""
        self.work.progress.job(f"lower {lowering.name} by {road}", self.work.log(f"lower-{lowering.name}"))
        try:
            file, rewrites, seconds = job.result()
        except UnavailableError as error:
            return Attempt(RoadRecord(road=road, outcome="not available", reason=str(error)))
        except DeploykitError as error:
            # A converter may raise anything: the traceback is in the log, the reason for the report.
            return Attempt(RoadRecord(road=road, outcome="failed", reason=str(error)))
        return Attempt(RoadRecord(road=road, outcome="kept", rewrites=rewrites, seconds=seconds), file)

    def ran(self, attempt: Attempt, lowering: Lowering) -> Generator[Job, Job, Attempt]:
        """Runs and compares what was made."""
        if attempt.file is None:
            return attempt
        jobs, asked = [], asked_of(self.work, self.captured, self.yardsticks)
        for runner in self.plan.runners(lowering):
            outputs = attempt.file.parent.with_name(f"{attempt.file.parent.name}-{runner}.npz")
            jobs.append((runner, outputs, submit_run(self.work, lowering, runner, attempt.file, outputs, asked)))
        ran = {}
        for runner, outputs, job in jobs:
            ran[runner] = finished_run(self.work, lowering, runner, outputs, (yield job))
        return self._judged(replace(attempt, ran=ran), lowering)

    def _judged(self, attempt: Attempt, lowering: Lowering) -> Attempt:
        """With the verdict of everything that was run."""
        ran = {(lowering, runner): outcome for runner, outcome in attempt.ran.items()}
        items = [item for item in self.plan.checked if item.lowering == lowering]
        compared = {item: compare_item(item, self.captured, ran, self.yardsticks) for item in items}
        records = decisive(record for found in compared.values() for record in found.parity)
        verdict, closest = overall(records), tightest(records)
        record = attempt.record.model_copy(update={"snr_db": closest and closest.snr_db})
        if verdict != "passed":
            outcome = "failed" if verdict == "failed" else record.outcome
            record = record.model_copy(update={"outcome": outcome, "reason": _reasons(records, verdict)})
        return replace(attempt, record=record, verdict=verdict, compared=compared)


def _slug(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name)


def _reasons(records: Iterable[ParityRecord], verdict: Verdict) -> str:
    """Why a file is wrong, or could not be judged, by runner and kind of input."""
    found = dict.fromkeys(f"{r.runner} on {r.input}: {r.reason}" for r in records if r.verdict == verdict)
    return "; ".join(found)
