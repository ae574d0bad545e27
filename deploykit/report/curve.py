"""Where numbers are lost: signal-to-noise ratio after each op of an artifact, laid out for the page."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from deploykit.manifest import OpRecord
from deploykit.precisions import SCHEMES
from deploykit.report.model import ArtifactRecord
from deploykit.report.plots import Bar, Tick
from deploykit.report.words import clean, percent

TOP_DB = 100
"""The top of the plot."""

STEP_DB = 20


@dataclass(frozen=True)
class Curve:
    """The ops of one artifact, from the first to the last."""

    name: str
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    """Positions in percent from the top."""
    notes: tuple[str, ...]
    """What stands out, in words."""
    worst: float | None
    """Position in percent, from the left, of the op that stands out."""
    ends: str
    title: str
    integers: bool
    """Whether the artifact has integers, else it is at fp16."""


def curves(artifacts: Iterable[ArtifactRecord]) -> tuple[Curve, ...]:
    """One per artifact that was looked into."""
    return tuple(_curve(artifact) for artifact in artifacts if artifact.curve)


def _notes(artifact: ArtifactRecord) -> tuple[str, ...]:
    """What stands out inside an artifact, in words."""
    over = [f"{_op(op)} reaches {op.largest:.2g}" for op in artifact.overflows if op.largest is not None]
    found = []
    if over:
        shown = "; ".join(over[:3]) + (f"; and {len(over) - 3} more" if len(over) > 3 else "")
        found.append(f"Beyond fp16's largest number, 65504: {shown}.")
    under = [f"{percent(op.lost)} of {_op(op)}" for op in artifact.underflows if op.lost is not None]
    if under:
        shown = "; ".join(under[:3]) + (f"; and {len(under) - 3} more" if len(under) > 3 else "")
        found.append(f"Values below fp16's smallest number, 6e-8: {shown}.")
    if artifact.costliest is not None:
        found.append(f"The op that costs most: {_op(artifact.costliest)}.")
    return tuple(found)


def _op(op: OpRecord) -> str:
    """Its type, its output, and the line that it comes from."""
    return clean(f"{op.op} {op.output}" + (f" ({op.origin})" if op.origin else ""))


def _curve(artifact: ArtifactRecord) -> Curve:
    values = [op.snr_db if op.snr_db is not None and math.isfinite(op.snr_db) else 0.0 for op in artifact.curve]
    width = 100 / len(values)
    bars = tuple(
        Bar(
            round(place * width, 3),
            round(width * 0.86, 3),
            _tall(value),
            f"{clean(op.op)} {clean(op.output)}: {value:.1f} dB",
        )
        for place, (op, value) in enumerate(zip(artifact.curve, values, strict=True))
    )
    names = [op.output for op in artifact.curve]
    marked = (
        artifact.costliest.output
        if artifact.costliest
        else artifact.overflows[0].output
        if artifact.overflows
        else None
    )
    worst = round((names.index(marked) + 0.43) * width, 2) if marked in names else None
    name = f"{artifact.target} {artifact.precision}"
    ends = f"{len(values)} ops, from {values[0]:.1f} dB after the first to {values[-1]:.1f} dB after the last"
    return Curve(
        name=name,
        bars=bars,
        ticks=tuple(Tick(100 - _tall(v), f"{v} dB") for v in range(0, TOP_DB, STEP_DB)),
        notes=_notes(artifact),
        worst=worst,
        ends=ends,
        title=clean(f"{name}: {ends}; the lowest is {min(values):.1f} dB"),
        integers=SCHEMES[artifact.precision].quantized,
    )


def _tall(value: float) -> float:
    """Nothing is left of an output at 0 dB, so nothing is drawn of it."""
    return round(100 * min(max(value, 0.0), TOP_DB) / TOP_DB, 2)
