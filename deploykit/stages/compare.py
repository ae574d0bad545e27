"""Every run's outputs against eager PyTorch's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from deploykit.backends import RUNNERS
from deploykit.manifest import GpuRecord, ParityRecord
from deploykit.parity.inputs import Draws, judged_on
from deploykit.report.model import ErrorProfile
from deploykit.sightings import Sighting
from deploykit.stages.execute import Ran
from deploykit.stages.judge import judged, meaningless
from deploykit.stages.plan import Item, Lowering
from deploykit.stages.yardsticks import Yardsticks
from deploykit.work.capture import Captured
from deploykit.work.draws import chosen, load, taken


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
        result, first = ran[item.lowering, runner], len(records)
        if result.outputs is not None:
            outputs[runner] = load(result.outputs)
        for kind in kinds:
            record, profile = _compare(item, runner, kind, result, outputs.get(runner), captured, yardsticks)
            records.append(record)
            errors += [profile] if profile else []
        if result.measured.gpu is not None and runner in outputs:
            beside = outputs.get(RUNNERS[runner].cpu or "")
            records[first:] = on_gpu(records[first:], result.measured.gpu, outputs[runner], beside)
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
    every = len(next(iter(reference.values())))
    run = chosen(kind, every, RUNNERS[runner].most_draws)
    made, count = outputs[kind], len(run)
    sound = [draw for draw in yardsticks.sound(kind, contract) if draw in run]
    if not sound:
        why = meaningless(reference, lambda: yardsticks.floor("fp32", kind, contract))
        return _not_run(item, runner, kind, why or "PyTorch's own answer is noise on what was run of this input"), None
    if len(sound) < every:
        made = taken(made, [run.index(draw) for draw in sound])
        yardsticks = yardsticks.only(kind, sound)
        reference = yardsticks["fp32"][kind]
    floor = yardsticks.floor(item.precision, kind, contract)
    override = captured.project.spec.bound(item.precision, item.target.name)
    blank = _not_run(item, runner, kind, "")
    record, profile = judged(blank, reference, made, floor, override, contract, result.measured.figures.get(kind, {}))
    if len(sound) < count:
        left = f"{count - len(sound)} of {count} are left out, where PyTorch's own answer is noise"
        record = record.model_copy(update={"reason": f"{record.reason}; {left}" if record.reason else left})
    return record, profile


def on_gpu(
    records: list[ParityRecord], gpu: GpuRecord, outputs: Mapping[str, Draws], cpu: Mapping[str, Draws] | None
) -> list[ParityRecord]:
    """A GPU's comparisons with where it ran; a pass that proves nothing of the GPU becomes `not_run`.

    Args:
        records: of one file, on all kinds of input.
        gpu: where it ran.
        outputs: of the GPU, by kind.
        cpu: of the CPU's runner, by kind, on all draws; None where it gave none.
    """
    gpu = gpu.model_copy(update={"equal_bits": cpu is not None and _equal_bits(outputs, cpu)})
    why = ""
    if gpu.on_gpu == 0:
        why = "the GPU engine took no op of the file: the outputs are the CPU's, and an SDK stays there"
    elif gpu.equal_bits:
        why = "every output is the CPU's to the bit: the GPU probably computed nothing of it, and this proves nothing"
    unproven = {"gpu": gpu, "verdict": "not_run", "reason": why}
    plain = {"gpu": gpu}
    return [r.model_copy(update=unproven if why and r.verdict == "passed" else plain) for r in records]


def _equal_bits(outputs: Mapping[str, Draws], cpu: Mapping[str, Draws]) -> bool:
    """Whether all real numbers are equal; False where there are none, since integers may well be."""
    pairs = [
        (value, taken(cpu[kind], chosen(kind, len(cpu[kind][name]), len(value)))[name])
        for kind, draws in outputs.items()
        for name, value in draws.items()
        if value.dtype.kind == "f"
    ]
    return bool(pairs) and all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)


def _not_run(item: Item, runner: str, kind: str, reason: str) -> ParityRecord:
    return ParityRecord(
        target=item.target.name,
        precision=item.precision,
        runner=runner,
        compute_units=RUNNERS[runner].compute_units,
        input=kind,
        verdict="not_run",
        reason=reason,
        accelerator=RUNNERS[runner].accelerator,
    )
