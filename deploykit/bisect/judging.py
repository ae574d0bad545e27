"""The draw on which an artifact leaves the least room: judged as a build judges, but each draw by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deploykit.errors import DeploykitError
from deploykit.manifest import ParityRecord
from deploykit.parity.inputs import Draws
from deploykit.spec import Contract
from deploykit.stages.judge import floor_of, judged, meaningless
from deploykit.stages.yardsticks import Yardsticks


@dataclass(frozen=True)
class Worst:
    """A draw, and the figures of it."""

    kind: str
    index: int
    record: ParityRecord


def worst_of(contract: Contract, yardsticks: Yardsticks, outputs: Mapping[str, Draws]) -> Worst:
    """The draw that shows most: of those that fail, a random one or a sample if there is one.

    Args:
        contract: of the model.
        yardsticks: PyTorch's own outputs.
        outputs: the artifact's, by kind of input.

    Raises:
        DeploykitError: if nothing can be said on any draw, with the reasons.
    """
    records = [
        Worst(kind, index, _judged(contract, yardsticks, kind, index, _one(outputs[kind], index)))
        for kind, draws in outputs.items()
        for index in range(len(next(iter(draws.values()))))
    ]
    judgeable = [worst for worst in records if worst.record.verdict != "not_run"]
    if not judgeable:
        reasons = dict.fromkeys(worst.record.reason for worst in records)
        raise DeploykitError(f"nothing can be said of this model: {'; '.join(reasons)}")

    def room(worst: Worst) -> tuple[bool, bool, float]:
        record = worst.record
        rest = (record.snr_db or 0.0) - (record.required_snr_db or 0.0)
        return record.verdict == "passed", worst.kind not in ("random", "samples"), rest

    return min(judgeable, key=room)


def _judged(contract: Contract, yardsticks: Yardsticks, kind: str, index: int, outputs: Draws) -> ParityRecord:
    """One draw's verdict, as a build's."""
    ours = {name: {kind: _one(kinds[kind], index)} for name, kinds in yardsticks.items() if kind in kinds}
    reference = ours["fp32"][kind]
    blank = ParityRecord(target="", precision="fp32", runner="", input=kind, verdict="not_run")
    floor = floor_of("fp32", reference, ours, kind, contract)
    if why := meaningless(reference, lambda: floor):
        return blank.model_copy(update={"reason": why})
    record, _ = judged(blank, reference, outputs, floor, None, contract, {})
    return record


def _one(draws: Draws, index: int) -> Draws:
    return {name: values[index : index + 1] for name, values in draws.items()}
