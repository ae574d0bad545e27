"""Every run's outputs against eager PyTorch's."""

from __future__ import annotations

from dataclasses import dataclass

from deploykit.backends import RUNNERS
from deploykit.manifest import ParityRecord
from deploykit.parity.compare import LOG10_EDGES, Comparison, compare, deaf, no_spread
from deploykit.parity.inputs import Draws
from deploykit.parity.metrics import task_metric
from deploykit.parity.ranking import align, tied
from deploykit.parity.tolerance import judge, required_snr_db
from deploykit.report.model import ErrorProfile
from deploykit.stages.execute import Ran
from deploykit.stages.plan import Item, Lowering
from deploykit.work.capture import Captured
from deploykit.work.draws import load

Yardsticks = dict[str, dict[str, Draws]]
"""PyTorch's own outputs: precision → kind of input → draws. `fp32` is the reference."""

FLOOR_OF = {"fp32": "fp64", "fp16": "fp16"}
"""Which run of PyTorch the noise floor of a precision is read from; the reference itself is fp32."""


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
    if why := no_spread(reference) or (deaf(reference) if kind == "random" else None):
        return _not_run(item, runner, kind, why), None
    ranked = tuple(n for n, o in captured.project.contract.outputs.items() if o.type == "tensor" and o.ranked)
    if why := tied(reference, ranked):
        return _not_run(item, runner, kind, why), None
    try:
        numbers, rows = _numbers(reference, outputs[kind], ranked)
        floor_of = yardsticks.get(FLOOR_OF[item.precision])
        floor = _numbers(reference, floor_of[kind], ranked)[0].snr_db if floor_of else None
    except ValueError as error:
        return _not_run(item, runner, kind, str(error)).model_copy(update={"verdict": "failed"}), None
    override = captured.project.spec.tolerance.get(item.precision)
    required = required_snr_db(item.precision, floor, override)
    labels = captured.labels if kind == "samples" else ()
    metric = task_metric(captured.project.contract, reference, outputs[kind], labels)
    equal = {"row_agreement": rows} if ranked else {}
    equal |= {} if numbers.index_agreement is None else {"index_agreement": numbers.index_agreement}
    demanded = equal | (metric if kind == "samples" else {})
    verdict, reason = judge(numbers, required, item.precision, demanded, override)
    record = ParityRecord(
        target=item.target.name,
        precision=item.precision,
        runner=runner,
        input=kind,
        draws=len(next(iter(reference.values()))),
        verdict=verdict,
        reason=reason,
        snr_db=None if numbers.snr_db is None else round(numbers.snr_db, 2),
        max_abs=numbers.max_abs,
        max_rel=numbers.max_rel,
        floor_snr_db=None if floor is None else round(floor, 2),
        required_snr_db=None if numbers.snr_db is None else round(required, 2),
        metric={name: round(value, 6) for name, value in (equal | metric).items()},
    )
    profile = ErrorProfile(
        target=item.target.name,
        precision=item.precision,
        runner=runner,
        input=kind,
        log10_edges=LOG10_EDGES,
        counts=numbers.histogram,
        exact=numbers.exact,
    )
    return record, profile


def _numbers(reference: Draws, outputs: Draws, ranked: tuple[str, ...]) -> tuple[Comparison, float]:
    """The comparison, and the share of rows of rankings that are right; rankings are brought into one order first."""
    if {name: v.shape for name, v in outputs.items()} != {name: v.shape for name, v in reference.items()}:
        return compare(reference, outputs), 0.0  # which says what differs
    aligned, rows = align(reference, outputs, ranked)
    return compare(reference, aligned), rows


def _not_run(item: Item, runner: str, kind: str, reason: str) -> ParityRecord:
    return ParityRecord(
        target=item.target.name, precision=item.precision, runner=runner, input=kind, verdict="not_run", reason=reason
    )
