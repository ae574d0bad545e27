"""Every run's outputs against eager PyTorch's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from deploykit.backends import RUNNERS
from deploykit.manifest import ParityRecord
from deploykit.parity.inputs import Draws
from deploykit.report.model import ErrorProfile
from deploykit.spec import Contract, Precision
from deploykit.stages.execute import Ran
from deploykit.stages.judge import floor_of, judged, meaningless
from deploykit.stages.plan import Item, Lowering
from deploykit.work.capture import Captured
from deploykit.work.draws import load


class Yardsticks(dict[str, dict[str, Draws]]):
    """PyTorch's own outputs: precision → kind of input → draws. `fp32` is the reference.

    Every artifact is held to the same floors, and a dense network's take seconds: each is worked out once.
    """

    def __init__(self, values: Mapping[str, dict[str, Draws]] = MappingProxyType({})) -> None:
        super().__init__(values)
        self._floors: dict[tuple[Precision, str], float | None] = {}

    def floor(self, precision: Precision, kind: str, contract: Contract) -> float | None:
        """See `floor_of`; of one contract."""
        key = precision, kind
        if key not in self._floors:
            self._floors[key] = floor_of(precision, self["fp32"][kind], self, kind, contract)
        return self._floors[key]


YARDSTICKS = ("fp32", "fp64", "fp16", "nudged")


def load_yardsticks(scratch: Path) -> Yardsticks:
    """What `capture` saved, of those precisions that PyTorch could do."""
    return Yardsticks({name: load(file) for name in YARDSTICKS if (file := scratch / f"{name}.npz").exists()})


@dataclass(frozen=True)
class Compared:
    """An item's comparisons, on all runners and kinds of input."""

    parity: tuple[ParityRecord, ...] = ()
    errors: tuple[ErrorProfile, ...] = ()
    outputs: dict[str, dict[str, Draws]] | None = None
    """Runner → kind of input → outputs."""


def compare_item(
    item: Item, captured: Captured, ran: dict[tuple[Lowering, str], Ran], yardsticks: Yardsticks
) -> Compared:
    """Compares and judges what an item's file gave on each runner."""
    records: list[ParityRecord] = []
    errors: list[ErrorProfile] = []
    outputs: dict[str, dict[str, Draws]] = {}
    for runner in item.runners:
        result = ran[item.lowering, runner]
        if result.outputs is not None:
            outputs[runner] = load(result.outputs)
        for kind in yardsticks["fp32"]:
            record, profile = _compare(item, runner, kind, result, outputs.get(runner), captured, yardsticks)
            records.append(record)
            errors += [profile] if profile else []
    if not item.runners:
        why = "; ".join(reason for name in item.target.runners if (reason := RUNNERS[name].unavailable()))
        records = [_not_run(item, name, kind, why) for name in item.target.runners for kind in yardsticks["fp32"]]
    return Compared(tuple(records), tuple(errors), outputs)


def _compare(
    item: Item,
    runner: str,
    kind: str,
    result: Ran,
    outputs: dict[str, Draws] | None,
    captured: Captured,
    yardsticks: Yardsticks,
) -> tuple[ParityRecord, ErrorProfile | None]:
    reference = yardsticks["fp32"][kind]
    if outputs is None:
        record = _not_run(item, runner, kind, result.reason)
        return record if result.limit else record.model_copy(update={"verdict": "failed"}), None
    contract = captured.project.contract
    if why := meaningless(reference, lambda: yardsticks.floor("fp32", kind, contract)):
        return _not_run(item, runner, kind, why), None
    floor = yardsticks.floor(item.precision, kind, contract)
    override = captured.project.spec.tolerance.get(item.precision)
    return judged(
        _not_run(item, runner, kind, ""), reference, outputs[kind], floor, override, contract, captured.labels
    )


def _not_run(item: Item, runner: str, kind: str, reason: str) -> ParityRecord:
    return ParityRecord(
        target=item.target.name,
        precision=item.precision,
        runner=runner,
        compute_units=RUNNERS[runner].compute_units,
        input=kind,
        verdict="not_run",
        reason=reason,
    )
