"""Size against accuracy, laid out for the page: one panel per platform, with the line of what is worth having."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from deploykit.figures import REFERENCE
from deploykit.manifest import Verdict
from deploykit.precisions import SCHEMES
from deploykit.report.model import Report, SdkRecord
from deploykit.report.plots import Axis, Tick
from deploykit.report.words import db, figure, platform, size
from deploykit.targets import all_targets
from deploykit.tradeoff import METRICS, Candidate, candidate, front, metric_of

SHAPES = {"coreml": "diamond", "litert": "circle", "onnx": "square"}
"""Backend → the shape of its dots."""

LEAST = 3
"""Artifacts of a platform from which on a picture says more than the table."""

DEPTH = {True: 0.1, False: 60.0}
"""How far below the best the picture reaches at most: a tenth of the samples, or dB. What is worse than that, or failed
and is worse than all that passed, lies on its lower edge."""

MOST_DB = 60.0
"""What is better lies on the upper edge: nobody sees the difference."""


@dataclass(frozen=True)
class Point:
    """An artifact, or several with one file."""

    x: float
    y: float
    shape: str
    verdict: Verdict
    label: str
    """Empty where another one of its backend is better in both ways, and it lies in the picture."""
    title: str
    shipped: bool
    beyond: bool
    """Whether it lies below the picture's lower edge, on which it is drawn."""
    above: bool = False
    """Whether its label stands above it: those on the lower edge take turns."""


@dataclass(frozen=True)
class Line:
    """A straight line, from end to end in percent."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True)
class Front:
    """The panel of a platform."""

    platform: str
    metric: str
    """What is measured upwards, in words."""
    x: Axis
    y: tuple[Tick, ...]
    points: tuple[Point, ...]
    steps: tuple[Line, ...]
    reference: float | None
    """Where PyTorch is."""
    reference_label: str
    chosen: str
    """What is shipped, and why, or why nothing is."""
    title: str


def fronts(report: Report) -> tuple[Front, ...]:
    """A panel for each platform with several artifacts of which one has integers; nothing for all others."""
    targets, metric = all_targets(), metric_of(report.parity)
    found = []
    for name in dict.fromkeys(targets[a.target].platform for a in report.artifacts if a.target in targets):
        made = [a for a in report.artifacts if a.target in targets and targets[a.target].platform == name]
        backend = {artifact.target: artifact.backend for artifact in made}
        candidates = [
            each
            for a in made
            if a.bytes is not None
            and (
                each := candidate(
                    a.target,
                    a.precision,
                    a.bytes,
                    a.verdict,
                    [r for r in report.parity if (r.target, r.precision) == (a.target, a.precision)],
                    metric,
                )
            )
        ]
        if len(candidates) >= LEAST and any(SCHEMES[each.precision].quantized for each in candidates):
            sdk = next((sdk for sdk in report.sdks if sdk.platform == name), None)
            found.append(_front(name, candidates, backend, metric, _reference(report, metric), sdk))
    return tuple(found)


def _front(
    name: str,
    candidates: Sequence[Candidate],
    backend: dict[str, str],
    metric: str | None,
    reference: float | None,
    sdk: SdkRecord | None,
) -> Front:
    x = _sizes(candidates)
    right = [each for each in candidates if each.verdict == "passed"] or candidates
    scores = [_shown(each.score, metric) for each in right] + ([reference] if reference is not None else [])
    top = max(scores)
    bottom = max(min(scores), top - DEPTH[metric is not None])
    y = Axis(bottom, max(top, bottom + (0.01 if metric else 1.0)), left=88.0, right=8.0)
    best = front(candidates)
    own = {one for name in SHAPES for one in front(c for c in candidates if backend[c.target] == name)}
    points = []
    for files in _same_files(candidates, backend):
        each = files[0]
        where = " and ".join(one.target for one in files)
        shipped = sdk is not None and any((one.target, one.precision) == (sdk.target, sdk.precision) for one in files)
        points.append(
            Point(
                x.at(math.log10(each.bytes)),
                y.at(_shown(each.score, metric)),
                SHAPES[backend[each.target]],
                each.verdict,
                each.precision if shipped or each.score < bottom or any(one in own for one in files) else "",
                f"{where} {each.precision}: {size(each.bytes)}, {_score(each.score, metric)}, {each.verdict}",
                shipped,
                each.score < bottom,
            )
        )
    edge = sorted((point for point in points if point.beyond), key=lambda point: point.x)
    points = [replace(point, above=point in edge[::2]) for point in points]
    corners = [(x.at(math.log10(each.bytes)), y.at(_shown(each.score, metric))) for each in best]
    steps = [Line(*line) for (a, b), (c, d) in pairwise(corners) for line in ((a, b, c, b), (c, b, c, d))]
    ticks = tuple(Tick(y.at(v), _score(v, metric)) for v in (bottom, (bottom + y.high) / 2, y.high))
    said = "; ".join(point.title for point in points)
    return Front(
        platform(name),
        METRICS[metric] if metric else "signal-to-noise ratio",
        x,
        ticks,
        tuple(points),
        tuple(steps),
        None if reference is None else y.at(reference),
        "" if reference is None else f"PyTorch {_score(reference, metric)}",
        "" if sdk is None else f"Shipped: {sdk.reason}" if sdk.written else f"Nothing is shipped: {sdk.reason}",
        f"{platform(name)}, size against accuracy. {said}",
    )


def _reference(report: Report, metric: str | None) -> float | None:
    """PyTorch's own figure, where the truth is known."""
    found = (record.metric.get(f"{REFERENCE}{metric}") for record in report.parity if record.input == "samples")
    return next((value for value in found if value is not None), None)


def _same_files(candidates: Sequence[Candidate], backend: dict[str, str]) -> list[list[Candidate]]:
    """Those that would lie on one another, together: targets of one backend often share a file."""
    found: dict[tuple[str, str, int, float], list[Candidate]] = {}
    for each in candidates:
        found.setdefault((backend[each.target], each.precision, each.bytes, each.score), []).append(each)
    return list(found.values())


def _sizes(candidates: Sequence[Candidate]) -> Axis:
    """A logarithmic scale from the smallest file to the largest, with round sizes marked."""
    logs = [math.log10(each.bytes) for each in candidates]
    low, high = min(logs) - 0.08, max(logs) + 0.08
    scale = Axis(low, high, left=9.0, right=95.0)
    decades = range(math.floor(low), math.ceil(high) + 1)
    marks = [factor * 10**decade for decade in decades for factor in (1, 2, 5)]
    ticks = tuple(Tick(scale.at(math.log10(m)), size(m)) for m in marks if low <= math.log10(m) <= high)
    return Axis(low, high, ticks, left=9.0, right=95.0)


def _shown(score: float, metric: str | None) -> float:
    return score if metric else min(score, MOST_DB)


def _score(value: float, metric: str | None) -> str:
    return figure(metric, value) if metric else db(value)
