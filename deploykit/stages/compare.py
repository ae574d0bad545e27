"""Every run's outputs against eager PyTorch's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from deploykit.backends import RUNNERS
from deploykit.manifest import ParityRecord
from deploykit.parity.inputs import STEPS, Draws, judged_on
from deploykit.precisions import SCHEMES, Precision
from deploykit.report.model import ErrorProfile
from deploykit.spec import Contract
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
        self._sound: dict[str, tuple[int, ...]] = {}

    def floor(self, precision: Precision, kind: str, contract: Contract) -> float | None:
        """See `floor_of`; of one contract."""
        key = precision, kind
        if key not in self._floors:
            self._floors[key] = floor_of(precision, self["fp32"][kind], self, kind, contract)
        return self._floors[key]

    def sound(self, kind: str, contract: Contract) -> tuple[int, ...]:
        """The draws of a kind that something can be said on: all, unless PyTorch's answers to them are noise together.

        A network may be chaotic on a few inputs only: these are left out then. Steps hang together, so it is all of
        them or none.
        """
        if kind not in self._sound:
            count = len(next(iter(self["fp32"][kind].values())))
            found = tuple(range(count))
            if meaningless(self["fp32"][kind], lambda: self.floor("fp32", kind, contract)):
                found = (
                    () if kind == STEPS else tuple(i for i in found if self.only(kind, (i,))._is_sound(kind, contract))
                )
            self._sound[kind] = found
        return self._sound[kind]

    def only(self, kind: str, draws: Sequence[int]) -> Yardsticks:
        """The same of some draws of a kind alone."""
        return Yardsticks({name: {kind: taken(kinds[kind], draws)} for name, kinds in self.items() if kind in kinds})

    def _is_sound(self, kind: str, contract: Contract) -> bool:
        return meaningless(self["fp32"][kind], lambda: self.floor("fp32", kind, contract)) is None


def taken(draws: Draws, some: Sequence[int]) -> Draws:
    """Some of the draws."""
    return {name: values[list(some)] for name, values in draws.items()}


YARDSTICKS = ("fp32", "fp64", "nudged", *(precision for precision in SCHEMES if precision != "fp32"))


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
    made, labels, count = outputs[kind], captured.labels, len(next(iter(reference.values())))
    sound = yardsticks.sound(kind, contract)
    if not sound:
        why = meaningless(reference, lambda: yardsticks.floor("fp32", kind, contract))
        return _not_run(item, runner, kind, why or ""), None
    if len(sound) < count:
        yardsticks, made = yardsticks.only(kind, sound), taken(made, sound)
        reference, labels = yardsticks["fp32"][kind], tuple(labels[i] for i in sound if i < len(labels))
    floor = yardsticks.floor(item.precision, kind, contract)
    override = captured.project.spec.tolerance.get(item.precision)
    blank = _not_run(item, runner, kind, "")
    record, profile = judged(blank, reference, made, floor, override, contract, labels)
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
