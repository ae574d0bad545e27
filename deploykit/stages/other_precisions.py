"""The kept road at other precisions: fp16 by the road itself or from its file at fp32; integers, palettes and zeros
from a float file, by the backend's tool. Some ops may stay as they were, where the file would be wrong otherwise.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from deploykit.backends import BACKENDS
from deploykit.backends.base import QuantizeRequest
from deploykit.backends.roads import RoadEntry
from deploykit.cache.memory import Task
from deploykit.errors import DeploykitError
from deploykit.manifest import OpRecord, RoadRecord
from deploykit.parity.inputs import judged_on
from deploykit.precisions import SCHEMES
from deploykit.request import Mixing
from deploykit.stages.attempt import Attempt, Bench, Job
from deploykit.stages.execute import Lowered
from deploykit.stages.plan import Lowering
from deploykit.work import islands as islands_job
from deploykit.work import losses as losses_job
from deploykit.work import narrow as narrow_job
from deploykit.work.capture import calibration_for
from deploykit.work.losses import Losses

PATIENCE, HARDLY_DB = 3, 0.25
"""Where so many steps gain no more than this, the noise comes from all layers, and others would not help."""

STEP = 0.05
"""Of the layers: so many more stay float each time that a file with integers turns out to be wrong."""


@dataclass(frozen=True)
class OtherPrecisions:
    """What is made of the kept road's file at fp32.

    Attributes:
        bench: what attempts are made with.
        road: the kept one.
        twin: its file at fp32.
        records: what is said of every road.
        wants: which ops may have another precision than their file.
    """

    bench: Bench
    road: RoadEntry
    twin: Attempt
    records: Sequence[RoadRecord]
    wants: Mixing

    def of(self, first: Lowering, rest: Sequence[Lowering]) -> Generator[Job, Job, dict[Lowering, Lowered]]:
        """The files.

        Args:
            first: at fp32, which is made.
            rest: the same at other precisions.
        """
        made: dict[Lowering, Lowered] = {}
        floats = [lowering for lowering in rest if not SCHEMES[lowering.precision].quantized]
        islands = (yield from self._islands(first)) if floats else ()
        jobs = [(lowering, self._narrow(lowering, islands)) for lowering in floats]
        for lowering, job in jobs:
            attempt = self.bench.finished(self.road.name, lowering, (yield job))
            found = self._lowered(lowering, attempt, self.records)
            made[lowering] = replace(found, kept=islands if attempt.file else ())
        if quantized := [lowering for lowering in rest if lowering not in floats]:
            base = replace(first, precision=BACKENDS[first.backend].quantized_from)
            log = self.bench.work.log(f"lower-{first.name}")
            twin = Lowered(self.road.name, tuple(self.records), self.twin.file, log)
            made |= yield from self._quantized(quantized, made.get(base, twin))
        return made

    def _islands(self, first: Lowering) -> Generator[Job, Job, tuple[OpRecord, ...]]:
        """The ops that stay float32 in a file at fp16; nothing where that is not wished, or cannot be had."""
        if not self.wants.fp16_islands or not BACKENDS[first.backend].islands or self.twin.file is None:
            return ()
        log, inputs = self.bench.work.log(f"islands-{first.name}"), self.bench.work.scratch / "inputs.npz"
        task = Task(f"islands of {first.name}", log, islands_job.overflows, (first.backend, self.twin.file, inputs))
        try:
            found: tuple[OpRecord, ...] = (yield self.bench.work.submit(task)).result()
        except DeploykitError:
            return ()  # the log says why it cannot be followed; the file at fp16 is judged as it is
        return found

    def _narrow(self, lowering: Lowering, islands: tuple[OpRecord, ...]) -> Job:
        """The road at another precision: from its file at fp32, where that gives the same."""
        road, twin = self.road, self.twin
        if not road.narrow:
            return self.bench.submit(road, lowering, tuple(record.output for record in islands))
        request, log = self.bench.request(road, lowering), self.bench.work.log(f"lower-{lowering.name}")
        name = f"lower {lowering.name} by {road.name}"
        given = (lowering.backend, road.name, twin.file, twin.record.rewrites, request)
        return self.bench.work.submit(Task(name, log, narrow_job.narrow, given, writes=(request.folder,)))

    def _quantized(self, lowerings: list[Lowering], base: Lowered) -> Generator[Job, Job, dict[Lowering, Lowered]]:
        """The files that are made of a float one; none where there is no such file."""
        if base.file is None:
            return dict.fromkeys(lowerings, base)
        made = {}
        jobs = [(lowering, self._quantize(lowering, base)) for lowering in lowerings]
        for lowering, job in jobs:
            attempt, kept = self.bench.finished(self.road.name, lowering, (yield job)), tuple[OpRecord, ...]()
            if self.wants.keep_float:
                attempt, kept = yield from self._mixed(lowering, base, attempt)
            found = self._lowered(lowering, attempt, base.roads_tried)
            made[lowering] = replace(found, ran=attempt.ran, compared=attempt.compared, kept=kept)
        return made

    def _mixed(
        self, lowering: Lowering, base: Lowered, attempt: Attempt
    ) -> Generator[Job, Job, tuple[Attempt, tuple[OpRecord, ...]]]:
        """Leaves the noisiest layers float, some more each time, until the file is right or no more may stay float.

        Where that does not help, the file with integers everywhere is kept: a larger one that is wrong, too, is no use.
        """
        kept: tuple[OpRecord, ...] = ()
        first = attempt = yield from self.bench.ran(attempt, lowering)
        figures = [first.record.snr_db or 0.0]
        while attempt.file is not None and attempt.verdict == "failed":
            try:
                found: Losses = (yield self._losses(lowering, base, attempt.file, len(kept))).result()
            except DeploykitError:
                break  # it cannot be followed: the log says why, and the file stays what it is
            most = int(self.bench.captured.project.spec.quantize.most_kept * found.layers)
            known = {record.output for record in kept}
            worst = [record for record in found.worst if record.output not in known]
            more = worst[: min(max(1, round(STEP * found.layers)), most - len(kept))]
            if not more:
                break
            job = yield self._quantize(lowering, base, tuple(record.output for record in (*kept, *more)))
            better = yield from self.bench.ran(self.bench.finished(self.road.name, lowering, job), lowering)
            if better.file is None:
                break
            attempt, kept = better, (*kept, *more)
            figures.append(attempt.record.snr_db or 0.0)
            if len(figures) > PATIENCE and figures[-1] - figures[-1 - PATIENCE] < HARDLY_DB:
                break
        if not kept or attempt.verdict == "passed":
            return attempt, kept
        left = f"with {len(kept)} layers float it came to {attempt.record.snr_db} dB only, so none stays float"
        reason = f"{first.record.reason}; {left}" if first.record.reason else left
        return replace(first, record=first.record.model_copy(update={"reason": reason})), ()

    def _losses(self, lowering: Lowering, base: Lowered, file: Path, kept: int) -> Job:
        log, inputs = self.bench.work.log(f"lower-{lowering.name}"), self.bench.work.scratch / "inputs.npz"
        kind = judged_on(lowering.precision, self.bench.yardsticks["fp32"])[0]
        given = (lowering.backend, lowering.precision, base.file, file, inputs, kind)
        name = f"losses of {lowering.name} with {kept} float"
        return self.bench.work.submit(Task(name, log, losses_job.losses, given))

    def _quantize(self, lowering: Lowering, base: Lowered, kept: tuple[str, ...] = ()) -> Job:
        road, log = self.road.name, self.bench.work.log(f"lower-{lowering.name}")
        rewrites = next(record.rewrites for record in base.roads_tried if record.road == road)
        folder = self.bench.folder(f"{road} {len(kept)}" if kept else road, lowering)
        method, options = self.bench.captured.project.spec.quantize.ranges, dict(lowering.options)
        request = QuantizeRequest(
            lowering.precision, calibration_for(lowering.precision, self.bench.work.scratch), method, kept, options
        )
        given = (lowering.backend, base.file, rewrites, request, folder)
        name = f"lower {lowering.name} by {road}" + (f" with {len(kept)} float" if kept else "")
        task = Task(name, log, narrow_job.quantize, given, writes=(folder,))
        return self.bench.work.submit(task)

    def _lowered(self, lowering: Lowering, made: Attempt, records: Iterable[RoadRecord]) -> Lowered:
        """What came of the kept road at another precision."""
        name = self.road.name
        tried = tuple(_at(made, record) if record.road == name else record for record in records)
        return Lowered(name if made.file else None, tried, made.file, self.bench.work.log(f"lower-{lowering.name}"))


def _at(other: Attempt, record: RoadRecord) -> RoadRecord:
    """The kept road at another precision: its own time and rewrites, and why it was kept."""
    reason = other.record.reason or (record.reason if record.outcome == "kept" else "")
    return other.record.model_copy(update={"reason": reason})
