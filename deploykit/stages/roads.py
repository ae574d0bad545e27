"""Lower: each backend's roads in order, until one leads to a file that computes what the model computes.

Roads are walked at fp32, where a mistake in the graph stands out from rounding. Each file is run on every runner of
its targets and compared before it is kept: a wrong file is a failed road. Other precisions take the road that was kept.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from deploykit.backends import BACKENDS, RUNNERS
from deploykit.backends.roads import RoadEntry
from deploykit.cache.memory import Task
from deploykit.errors import DeploykitError
from deploykit.jobs import interleave, logged
from deploykit.manifest import RoadRecord, UnknownOp
from deploykit.request import NO_MIXING, Mixing
from deploykit.stages.attempt import Attempt, Bench, Job
from deploykit.stages.execute import Lowered
from deploykit.stages.other_precisions import OtherPrecisions
from deploykit.stages.plan import Lowering, Plan
from deploykit.stages.workspace import Workspace
from deploykit.stages.yardsticks import load_yardsticks
from deploykit.work import knowledge, timing
from deploykit.work.capture import Captured

CLEARLY = 0.95
"""Of an earlier road's time: what a later one has to need at most to be kept in its place."""


def lower(
    work: Workspace, captured: Captured, plan: Plan, best: bool = False, mixing: Mixing = NO_MIXING
) -> dict[Lowering, Lowered]:
    """Walks the roads of every backend side by side; a job that fails or dies ends its own attempt only.

    Args:
        work: folders and processes.
        captured: the model.
        plan: what is to be made.
        best: whether to try every road, and keep the fastest file that is right.
        mixing: which ops may have another precision than their file; the project may say so, too.
    """
    wants = mixing.or_as(captured.project.spec.quantize)
    bench = Bench(work, captured, plan, load_yardsticks(work.scratch))
    walks = [_Walk(bench, group, best, wants).go() for group in plan.groups]
    return {lowering: made for done in interleave(walks) for lowering, made in done.items()}


@dataclass(frozen=True)
class _Walk:
    """The roads of one backend, with one set of options."""

    bench: Bench
    lowerings: tuple[Lowering, ...]
    """The same file at several precisions, fp32 first."""
    best: bool
    wants: Mixing

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
        log = self.bench.work.log(f"lower-{first.name}")
        if chosen is None:
            unknown = yield from self._unknown(first)
            return dict.fromkeys(self.lowerings, Lowered(None, tuple(records), None, log, unknown))
        name = chosen.record.road
        made = {first: Lowered(name, tuple(records), chosen.file, log, (), chosen.ran, chosen.compared)}
        road = next(road for road in roads if road.name == name)
        others = OtherPrecisions(self.bench, road, chosen, records, self.wants)
        made |= yield from others.of(first, rest)
        return made

    def _try(self, road: RoadEntry, lowering: Lowering) -> Generator[Job, Job, Attempt]:
        """Lowers, runs and compares."""
        attempt = self.bench.finished(road.name, lowering, (yield self.bench.submit(road, lowering)))
        return (yield from self.bench.ran(attempt, lowering))

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
        runner = next((r for r in self.bench.plan.runners(self.lowerings[0]) if not RUNNERS[r].interprets), None)
        if runner is None:
            return right[0], {attempt.record.road: "right; no runner here tells its speed" for attempt in right}
        files = tuple(attempt.file for attempt in right if attempt.file is not None)
        log, inputs = self.bench.work.log(f"time-{self.lowerings[0].name}"), self.bench.work.scratch / "inputs.npz"
        done = yield self.bench.work.pool.submit(logged, log, timing.time_files, runner, files, inputs)
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
        log, program = self.bench.work.log(f"unknown-{lowering.name}"), Captured.program(self.bench.work.scratch)
        name, given = f"unknown {lowering.name}", (program, self.bench.captured.project.root)
        done = yield self.bench.work.submit(Task(name, log, knowledge.ask_converters, given))
        try:
            found: knowledge.Knowledge = done.result()
        except DeploykitError:
            return ()  # the process died; the roads have said why there is no file
        return tuple(op for op in found.lacking if lowering.backend in op.backends)


def _unknown(record: RoadRecord) -> RoadRecord:
    return record.model_copy(update={"outcome": "failed", "reason": f"could not be judged: {record.reason}"})


def _not_tried(road: RoadEntry, last: RoadRecord) -> RoadRecord:
    """`last` settled it: only such a road leaves others untried."""
    return RoadRecord(road=road.name, outcome="not tried", reason=f"{last.road} was kept")
