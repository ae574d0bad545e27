"""Every run's outputs against eager PyTorch's."""

from __future__ import annotations

from dataclasses import dataclass, field

from deploykit.backends import RUNNERS
from deploykit.manifest import ParityRecord
from deploykit.parity.inputs import Draws, judged_on
from deploykit.report.model import ErrorProfile
from deploykit.sightings import Sighting
from deploykit.stages.execute import Ran
from deploykit.stages.judge import judged, meaningless
from deploykit.stages.plan import Item, Lowering
from deploykit.stages.yardsticks import Yardsticks
from deploykit.work.capture import Captured
from deploykit.work.draws import load, taken


@dataclass(frozen=True)
class Compared:
    """An item's comparisons, on all runners and kinds of input."""

    parity: tuple[ParityRecord, ...] = ()
    errors: tuple[ErrorProfile, ...] = ()
    outputs: dict[str, dict[str, Draws]] | None = None
    """Runner → kind of input → outputs."""
    seen: dict[str, dict[int, tuple[Sighting, Sighting]]] = field(default_factory=dict)
    """Runner → sample → what PyTorch and the artifact see in it."""


def compare_item(
    item: Item, captured: Captured, ran: dict[tuple[Lowering, str], Ran], yardsticks: Yardsticks
) -> Compared:
    """Compares and judges what an item's file gave on each runner."""
    records: list[ParityRecord] = []
    errors: list[ErrorProfile] = []
    outputs: dict[str, dict[str, Draws]] = {}
    kinds = judged_on(item.precision, yardsticks["fp32"])
    for runner in item.runners:
        result = ran[item.lowering, runner]
        if result.outputs is not None:
            outputs[runner] = load(result.outputs)
        for kind in kinds:
            record, profile = _compare(item, runner, kind, result, outputs.get(runner), captured, yardsticks)
            records.append(record)
            errors += [profile] if profile else []
    if not item.runners:
        why = "; ".join(reason for name in item.target.runners if (reason := RUNNERS[name].unavailable()))
        records = [_not_run(item, name, kind, why) for name in item.target.runners for kind in kinds]
    seen = {runner: found for runner in outputs if (found := ran[item.lowering, runner].measured.seen)}
    return Compared(tuple(records), tuple(errors), outputs, seen)


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
    made, count = outputs[kind], len(next(iter(reference.values())))
    sound = yardsticks.sound(kind, contract)
    if not sound:
        why = meaningless(reference, lambda: yardsticks.floor("fp32", kind, contract))
        return _not_run(item, runner, kind, why or ""), None
    if len(sound) < count:
        yardsticks, made = yardsticks.only(kind, sound), taken(made, sound)
        reference = yardsticks["fp32"][kind]
    floor = yardsticks.floor(item.precision, kind, contract)
    override = captured.project.spec.bound(item.precision, item.target.name)
    blank = _not_run(item, runner, kind, "")
    record, profile = judged(blank, reference, made, floor, override, contract, result.measured.figures.get(kind, {}))
    if len(sound) < count:
        left = f"{count - len(sound)} of {count} are left out, where PyTorch's own answer is noise"
        record = record.model_copy(update={"reason": f"{record.reason}; {left}" if record.reason else left})
    return record, profile


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
