"""What is demanded of an artifact beside its own outputs, and which op is to blame for a failure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deploykit.backends import BACKENDS
from deploykit.backends.base import Inside
from deploykit.manifest import (
    NOT_MADE,
    GateRecord,
    OpRecord,
    ParityRecord,
    Signature,
    decisive,
    overall,
    tightest,
)
from deploykit.parity.interface import differences
from deploykit.stages.compare import Compared
from deploykit.stages.execute import Lowered
from deploykit.stages.plan import Item
from deploykit.work.examine import Examined
from deploykit.work.losses import Losses

NAMED = 3
"""Of the layers that add most noise."""


def twin_gate(lowered: Lowered, compared: Compared | None) -> GateRecord:
    """The fp32 twin's verdict, with the figures of the input that leaves the least room."""
    if compared is None:
        tried = "; ".join(f"{road.road}: {road.reason}" for road in lowered.roads_tried if road.outcome in NOT_MADE)
        why = f"there is no fp32 twin, so mistakes that fp16's noise hides cannot be seen: {tried}"
        return GateRecord(gate="fp32 twin", verdict="not_run", reason=why)
    records = decisive(compared.parity)
    verdict, closest = overall(records), tightest(records)
    reasons = dict.fromkeys(f"on {r.input}: {r.reason}" for r in records if r.verdict == verdict)
    return GateRecord(
        gate="fp32 twin",
        verdict=verdict,
        reason="its outputs are PyTorch's" if verdict == "passed" else "; ".join(reasons) or "nothing was compared",
        snr_db=closest and closest.snr_db,
        required_snr_db=closest and closest.required_snr_db,
    )


def interface_gate(
    item: Item, signature: Signature, examined: Examined | str, states: Mapping[str, str] | None = None
) -> GateRecord:
    """Names, types, shapes and oldest system, as the saved file has them."""
    if isinstance(examined, str):
        return GateRecord(gate="interface", verdict="failed", reason=examined)
    # Only formats whose lowering depends on the system have one; the others run where their runtime does.
    oldest = dict(item.lowering.options).get("min_os")
    problems = differences(signature, examined.interface, oldest, states)
    count = len(signature.inputs) + len(signature.outputs)
    seen = f"{count} tensors as wanted" + _kept(examined) + (f", opens on {oldest}" if oldest else "")
    return GateRecord(gate="interface", verdict="failed" if problems else "passed", reason="; ".join(problems) or seen)


def range_gate(item: Item, seen: Examined | str, kept: Sequence[OpRecord]) -> GateRecord | None:
    """Whether all values fit into fp16, where the runner of such files here would not show it; None elsewhere."""
    backend = BACKENDS[item.target.backend]
    if item.precision != "fp16" or not backend.widens or isinstance(seen, str):
        return None
    if seen.unseen:
        return GateRecord(gate="fp16 range", verdict="not_run", reason=seen.unseen)
    honoured = {record.output for record in kept}
    beyond = [record for record in seen.inside.overflows if record.output not in honoured]
    if not beyond:
        islands = f", {len(kept)} ops stay float32 for it" if kept else ""
        lost = [f"{named(record)} {record.lost:.0%}" for record in seen.inside.underflows if record.lost is not None]
        small = f"; below 6e-8, where fp16 ends, lie of {', '.join(lost[:NAMED])}" if lost else ""
        return GateRecord(gate="fp16 range", verdict="passed", reason=f"no value is larger than 65504{islands}{small}")
    reason = (
        f"{_beyond(beyond)}. The CPU here computes such a file in float32, a phone's GPU or NPU does not: "
        "--fp16-islands auto computes these ops in float32 everywhere"
    )
    return GateRecord(gate="fp16 range", verdict="failed", reason=reason)


def _kept(examined: Examined) -> str:
    names = ", ".join(tensor.name for tensor in examined.interface.states)
    return f", it keeps the state {names} itself" if names else ""


def blame(record: ParityRecord, inside: Inside, noise: Losses | None = None) -> ParityRecord:
    """A failed comparison with the op that is to blame for it, where that was seen.

    Args:
        record: the comparison.
        inside: what an fp16 file shows.
        noise: what the layers of a file with integers add.
    """
    if record.verdict != "failed" or record.snr_db is None:
        return record
    if noise is not None and noise.worst:
        return _because(record, f"{_first(noise, record.required_snr_db)}{_noisiest(noise)}")
    if inside.overflows:
        return _because(record, _beyond(inside.overflows))
    if inside.costliest is not None:
        return _because(record, f"fp16 costs most in {named(inside.costliest)}{origin_of(inside.costliest)}")
    if inside.curve:
        return _because(record, f"no op stands out, fp16's rounding adds up over {len(inside.curve)}")
    return record


def _beyond(overflows: Sequence[OpRecord]) -> str:
    """The first op whose values leave fp16's range, and how many others do."""
    first, others = overflows[0], len(overflows) - 1
    more = f" (and {others} more op{'s' if others > 1 else ''})" if others else ""
    return f"{named(first)} reaches {first.largest:.2g}, fp16 ends at 65504{more}{origin_of(first)}"


def _first(noise: Losses, required_db: float | None) -> str:
    """Where in the file too little is left for the first time."""
    if required_db is None:
        return ""
    below = (op for op in noise.curve if op.snr_db is not None and op.snr_db < required_db)
    first = next(below, None)
    return f"first below that at {named(first)} ({first.snr_db:.1f} dB); " if first else ""


def _noisiest(noise: Losses) -> str:
    """Which layers add most noise."""
    loud = [each for each in noise.worst if each.snr_db is not None][:NAMED]
    told = ", ".join(f"{named(each)} ({each.snr_db:.1f} dB)" for each in loud)
    return f"of {noise.layers} layers these add most noise: {told}"


def _because(record: ParityRecord, why: str) -> ParityRecord:
    return record.model_copy(update={"reason": f"{record.reason}; {why}"})


def named(op: OpRecord) -> str:
    """An op as a reason names it."""
    return f"{op.op} {op.output}"


def origin_of(op: OpRecord) -> str:
    """What follows its name: the line of the model that it comes from, where that is known."""
    return f", from {op.origin}" if op.origin else ""
