"""Size against accuracy: what each artifact weighs and how well it answers, and which of them to take."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deploykit.errors import ArgumentsError
from deploykit.figures import FIGURES
from deploykit.manifest import ParityRecord, Verdict
from deploykit.precisions import Precision

UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}
"""Decimal, as stores and file managers count."""

_SIZE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kKMG]?B?)\s*")

METRICS = {name: figure.long for name, figure in FIGURES.items() if figure.unit in ("share", "index")}
"""Shares that say how well an artifact answers, the most telling first; a model without them is measured in dB."""


@dataclass(frozen=True)
class Candidate:
    """An artifact as one that could be shipped.

    Attributes:
        target: where it is for.
        precision: of its numbers.
        bytes: its size.
        verdict: of its comparisons and gates.
        score: how well it answers, on the runner where it does worst: a share, or dB.
        top1: share of right answers, or of those equal to PyTorch's; None where it has no best label.
    """

    target: str
    precision: Precision
    bytes: int
    verdict: Verdict
    score: float
    top1: float | None = None


@dataclass(frozen=True)
class Wish:
    """What the user wants of the artifact that is shipped.

    Attributes:
        budget: its size in bytes, at most.
        min_top1: its share of right answers, at least.
    """

    budget: int | None = None
    min_top1: float | None = None

    def __bool__(self) -> bool:
        return self.budget is not None or self.min_top1 is not None


def parse_size(text: str) -> int:
    """`5MB`, `800 kB` or `123456` in bytes.

    Raises:
        ArgumentsError: if it is nothing of the kind.
    """
    found = _SIZE.fullmatch(text)
    unit = found.group(2).upper() if found else None
    if found is None or unit not in UNITS:
        raise ArgumentsError([f"--budget {text}: not a size; write 5MB, 800kB or a number of bytes"])
    return round(float(found.group(1)) * UNITS[unit])


def metric_of(records: Iterable[ParityRecord]) -> str | None:
    """By which share all artifacts of a report can be told apart; None if only by dB."""
    have = {name for record in records for name in record.metric}
    return next((name for name in METRICS if name in have), None)


def candidate(
    target: str, precision: Precision, size: int, verdict: Verdict, records: Sequence[ParityRecord], metric: str | None
) -> Candidate | None:
    """An artifact with its figures; None where nothing was measured.

    Args:
        target: where it is for.
        precision: of its numbers.
        size: in bytes.
        verdict: of the whole artifact.
        records: its comparisons; those on constant inputs say nothing of its use, and are passed over.
        metric: of `METRICS`; None for dB.
    """
    usual = [r for r in records if r.input == "samples"] or [r for r in records if r.input == "random"]
    best = next((n for n in ("top1_accuracy", "top1_agreement") if any(n in r.metric for r in usual)), "")
    tops = [r.metric[best] for r in usual if best in r.metric]
    scores = [value for r in usual if (value := r.metric.get(metric) if metric else r.snr_db) is not None]
    if not scores:
        return None
    samples = any(record.input == "samples" for record in usual)
    return Candidate(target, precision, size, verdict, min(scores), min(tops) if tops and samples else None)


def front(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Those that passed and that no other beats in both size and score, the smallest first (the Pareto front)."""
    best, kept = float("-inf"), []
    for each in sorted((c for c in candidates if c.verdict == "passed"), key=lambda c: (c.bytes, -c.score)):
        if each.score > best:
            best = each.score
            kept.append(each)
    return tuple(kept)


def choose(candidates: Sequence[Candidate], wish: Wish) -> tuple[Candidate | None, str]:
    """What to ship of the artifacts for a platform, and why.

    With a budget the best answers that fit into it; with a least share of right answers alone, the smallest file that
    has it. The first target, in the project's order, that has such a file is taken.

    Args:
        candidates: in the project's order; only those that passed are looked at.
        wish: what is wanted.
    """
    passed = [each for each in candidates if each.verdict == "passed"]
    if wish.min_top1 is not None and all(each.top1 is None for each in candidates):
        return None, "nobody knows a share of right answers: it takes an image classifier with [build] samples"
    fitting = [
        each
        for each in passed
        if (wish.budget is None or each.bytes <= wish.budget)
        and (wish.min_top1 is None or (each.top1 or 0.0) >= wish.min_top1)
    ]
    if not fitting:
        return None, f"no artifact that passed has {_wanted(wish)}{_nearest(passed, wish)}"
    same = [each for each in fitting if each.target == fitting[0].target]
    if wish.budget is None:
        chosen = min(same, key=lambda each: (each.bytes, -each.score))
        return chosen, f"{_name(chosen)} is the smallest with {_wanted(wish)}"
    chosen = max(same, key=lambda each: (each.score, -each.bytes))
    return chosen, f"{_name(chosen)} answers best of those with {_wanted(wish)}"


def _wanted(wish: Wish) -> str:
    parts = [f"at most {wish.budget:,} bytes"] if wish.budget is not None else []
    parts += [f"at least {wish.min_top1:.1%} right"] if wish.min_top1 is not None else []
    return " and ".join(parts)


def _nearest(passed: Sequence[Candidate], wish: Wish) -> str:
    if not passed:
        return "; none passed at all"
    small, good = min(passed, key=lambda c: c.bytes), max(passed, key=lambda c: c.top1 or 0.0)
    parts = [f"the smallest is {_name(small)} with {small.bytes:,} bytes"] if wish.budget is not None else []
    parts += [f"the best is {_name(good)} with {good.top1 or 0.0:.1%}"] if wish.min_top1 is not None else []
    return f"; {', '.join(parts)}"


def _name(each: Candidate) -> str:
    return f"{each.target} at {each.precision}"
