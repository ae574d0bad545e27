"""What accelerators take of each artifact, laid out for the page: strips of the network in the order of execution."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from deploykit.coverage import LEFT, REFUSED, TAKEN, UNKNOWN, AcceleratorCoverage, Coverage, PlacedOp, Refusal
from deploykit.report.model import ArtifactRecord
from deploykit.report.words import clean, count, percent
from deploykit.targets import all_targets

WORK = 80.0
"""Percent of a strip that the multiply-adds share out; the rest is the same for each op, so that none is lost."""

REASONS = 8
"""Of one accelerator, so many are told on the page; `report.json` has all."""

KINDS = {TAKEN: "taken", LEFT: "left", REFUSED: "refused", UNKNOWN: "unknown"}
WORDS = {
    TAKEN: "taken",
    LEFT: "known, but left to the CPU",
    REFUSED: "not taken",
    UNKNOWN: "nobody can say",
}
HEIGHTS = {TAKEN: 100, LEFT: 60, REFUSED: 30, UNKNOWN: 12}
"""In percent of the strip's: what the colours say can be seen without them."""


@dataclass(frozen=True)
class Run:
    """Neighbouring ops of one verdict; positions in percent."""

    x: float
    width: float
    y: int
    height: int
    kind: str
    title: str


@dataclass(frozen=True)
class Reason:
    """Why some ops are not taken, and where they come from."""

    text: str
    origins: tuple[str, ...]
    cuts: bool


@dataclass(frozen=True)
class Strip:
    """One accelerator."""

    title: str
    evidence: str
    source: str
    taken: str
    parts: str
    share: str
    known: bool
    runs: tuple[Run, ...]
    label: str
    """The whole strip in words."""
    reasons: tuple[Reason, ...]
    more: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Figure:
    """One artifact."""

    name: str
    ops: str
    strips: tuple[Strip, ...]
    notes: tuple[str, ...]


def figures(artifacts: Iterable[ArtifactRecord]) -> tuple[Figure, ...]:
    """One for each artifact of which something is known; of accelerators, those that its target names."""
    found = []
    for artifact in artifacts:
        if artifact.coverage is not None and artifact.coverage.ops:
            found.append(_figure(artifact, artifact.coverage))
    return tuple(found)


def _figure(artifact: ArtifactRecord, coverage: Coverage) -> Figure:
    target = all_targets().get(artifact.target)
    wanted = target.analysed if target else ()
    chosen = [one for name in wanted for one in coverage.accelerators if one.name == name]
    macs = f", {coverage.macs / 1e6:,.1f} million multiply-adds" if coverage.macs else ""
    return Figure(
        clean(f"{artifact.target} {artifact.precision}"),
        f"{count(len(coverage.ops), 'op')}{macs}",
        tuple(_strip(one, coverage) for one in chosen or coverage.accelerators),
        tuple(clean(note) for note in coverage.notes),
    )


def _strip(one: AcceleratorCoverage, coverage: Coverage) -> Strip:
    total, known = len(one.verdicts), one.unknown < len(one.verdicts)
    parts = f"{one.partitions} of {one.possible}" if one.left else str(one.partitions)
    share = "–" if one.macs_share is None else percent(one.macs_share)
    label = f"{one.title}: nobody can say"
    if known:
        work = f", {share} of the multiply-adds" if one.macs_share is not None else ""
        label = f"{one.title}: {one.taken} of {count(total, 'op')} in {count(one.partitions, 'part')}{work}"
    return Strip(
        title=clean(one.title),
        evidence=one.evidence,
        source=_bare(clean(f"{one.source}; {one.version}")),
        taken=f"{one.taken} of {total}",
        parts=parts,
        share=share,
        known=known,
        runs=tuple(_runs(one.verdicts, coverage.ops, coverage.macs)),
        label=clean(label),
        reasons=tuple(_reason(refusal) for refusal in one.refusals[:REASONS]) if known else (),
        more=_more(one.refusals[REASONS:]) if known else "",
        notes=tuple(_bare(clean(note)) for note in (*_left(one), *one.notes)),
    )


def _runs(verdicts: str, ops: tuple[PlacedOp, ...], macs: int) -> Iterable[Run]:
    """Widths are shared out by multiply-adds; of a file without any, each op is as wide as the others."""
    even = (100 - WORK if macs else 100) / len(ops)
    x = 0.0
    for letter, group in groupby(zip(verdicts, ops, strict=True), key=lambda pair: pair[0]):
        run = [op for _, op in group]
        width = sum(even + (WORK * op.macs / macs if macs else 0.0) for op in run)
        what = run[0].op if len(run) == 1 else f"{count(len(run), 'op')}, {run[0].op} to {run[-1].op}"
        work = f", {percent(sum(op.macs for op in run) / macs)} of the multiply-adds" if macs else ""
        height = HEIGHTS[letter]
        title = clean(f"{what}: {WORDS[letter]}{work}")
        yield Run(round(x, 3), round(width, 3), 100 - height, height, KINDS[letter], title)
        x += width


def _reason(refusal: Refusal) -> Reason:
    many = f"{refusal.count} × {refusal.op}" if refusal.count > 1 else refusal.op
    mark = " (folklore)" if refusal.folklore else ""
    return Reason(clean(f"{many}: {refusal.reason}{mark}"), tuple(map(clean, refusal.origins)), refusal.cuts > 0)


def _left(one: AcceleratorCoverage) -> tuple[str, ...]:
    if not one.left:
        return ()
    few = "only the largest one is" if one.limit == 1 else f"only the {one.limit} largest are"
    return (f"{count(one.left, 'op')} left to the CPU: of {one.possible} parts {few} handed over",)


def _more(rest: tuple[Refusal, ...]) -> str:
    return f"and {count(sum(r.count for r in rest), 'more op', 'more ops')}; report.json has all" if rest else ""


def _bare(text: str) -> str:
    """The page links to nothing outside of it; an address is told without its scheme."""
    return re.sub(r"https?://", "", text)
