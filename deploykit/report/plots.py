"""Where things lie in the report's plots: pure functions from figures to positions in percent.

The templates draw them (`templates/report/plots.html.jinja`). Positions are percentages of a strip's width, so that
a plot fits a phone and a printed page while its text stays text.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deploykit.manifest import ParityRecord, Verdict
from deploykit.report.model import ErrorProfile
from deploykit.report.words import EQUAL_BITS_DB, clean, db, power_of_ten, runner_name

SHAPES = ("circle", "square", "triangle", "diamond")
"""One per kind of input, beside its lane."""

LANE = 15
"""Height of an input's lane in a strip, in CSS pixels."""


@dataclass(frozen=True)
class Tick:
    """A labelled position on an axis."""

    at: float
    label: str


@dataclass(frozen=True)
class Axis:
    """A linear scale from `low`…`high` to `left`…`right` percent; what is outside lies at the ends."""

    low: float
    high: float
    ticks: tuple[Tick, ...] = ()
    left: float = 3.0
    right: float = 97.0

    def at(self, value: float) -> float:
        """Position in percent, two decimals: the same bytes on every machine."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.left + share * (self.right - self.left), 2)


@dataclass(frozen=True)
class Dot:
    """One comparison in its lane."""

    x: float
    y: float
    shape: str
    verdict: Verdict
    required: float | None
    floor: float | None
    title: str


@dataclass(frozen=True)
class Strip:
    """The comparisons of an artifact on a runner."""

    height: int
    dots: tuple[Dot, ...]
    title: str


@dataclass(frozen=True)
class Bar:
    """A bar of a histogram, in percent of its panel."""

    x: float
    width: float
    height: float
    title: str


@dataclass(frozen=True)
class Panel:
    """The histogram of one comparison."""

    bars: tuple[Bar, ...]
    exact: Bar | None
    title: str


def snr_axis(records: Iterable[ParityRecord]) -> Axis:
    """From 0 dB (or less) to beyond the largest figure; equal bits get a place of their own at the right end."""
    values = [v for r in records for v in (r.snr_db, r.required_snr_db, r.floor_snr_db) if v is not None]
    finite = [v for v in values if v < EQUAL_BITS_DB and math.isfinite(v)]
    low = 20 * math.floor(min([0.0, *finite]) / 20)
    high = max(20 * math.ceil(max([100.0, *finite]) / 20), low + 20)
    exact = any(v >= EQUAL_BITS_DB for v in values)
    scale = Axis(low, high, right=88.0 if exact else 97.0)
    step = 20 if high - low <= 160 else 40
    ticks = [Tick(scale.at(v), f"{v}") for v in range(low, high + 1, step)]
    return Axis(low, high, (*ticks, Tick(96.0, "equal")) if exact else tuple(ticks), right=scale.right)


def snr_strip(axis: Axis, records: Sequence[ParityRecord], inputs: Sequence[str], title: str) -> Strip:
    """One lane per kind of input: the measured figure, what is required of it, and its noise floor."""

    def place(value: float | None) -> float | None:
        if value is None or math.isnan(value):
            return None
        return 96.0 if value >= EQUAL_BITS_DB else axis.at(value)

    dots = []
    for record in records:
        x = place(record.snr_db)
        if x is None:
            continue
        lane = inputs.index(record.input)
        parts = [f"{clean(record.input)}: {db(record.snr_db)}"]
        parts += [f"required {db(record.required_snr_db)}"] if record.required_snr_db is not None else []
        parts += [f"noise floor {db(record.floor_snr_db)}"] if record.floor_snr_db is not None else []
        required, floor = place(record.required_snr_db), place(record.floor_snr_db)
        shape = SHAPES[lane % len(SHAPES)]
        dots.append(Dot(x, LANE * (lane + 0.5) + 4, shape, record.verdict, required, floor, ", ".join(parts)))
    said = "; ".join(dot.title for dot in dots)
    return Strip(LANE * len(inputs) + 8, tuple(dots), f"{title}. {said}")


def error_axis(profiles: Iterable[ErrorProfile]) -> Axis | None:
    """Whole decades around every bin that counts anything; None where nothing does."""
    spans = [
        edge
        for profile in profiles
        for number, pair in zip(
            profile.counts, zip(profile.log10_edges, profile.log10_edges[1:], strict=False), strict=False
        )
        if number
        for edge in pair
    ]
    if not spans:
        return None
    low, high = math.floor(min(spans)), math.ceil(max(spans))
    high = max(high, low + 2)
    scale = Axis(low, high, left=14.0, right=98.0)
    step = max(1, math.ceil((high - low) / 3))
    ticks = tuple(Tick(scale.at(v), power_of_ten(v)) for v in range(low, high + 1, step))
    return Axis(low, high, ticks, left=14.0, right=98.0)


def error_panel(axis: Axis, profile: ErrorProfile) -> Panel:
    """Bars as tall as their share, the tallest filling the panel; exact zeros stand left of the axis."""
    total = sum(profile.counts) + profile.exact
    tallest = max([*profile.counts, profile.exact, 1])
    bars = []
    for number, low, high in zip(profile.counts, profile.log10_edges, profile.log10_edges[1:], strict=False):
        if number:
            x, end = axis.at(low), axis.at(high)
            said = f"10^{low:g} to 10^{high:g}: {number} of {total} values"
            bars.append(Bar(x, round(end - x, 2), _tall(number, tallest), said))
    exact = (
        Bar(2.0, 7.0, _tall(profile.exact, tallest), f"exactly equal: {profile.exact} of {total}")
        if profile.exact
        else None
    )
    by = runner_name(profile.runner, profile.compute_units)
    name = clean(f"{profile.target} {profile.precision}, {by}, {profile.input}")
    said = "; ".join(bar.title for bar in (*bars, *([exact] if exact else [])))
    return Panel(tuple(bars), exact, f"{name}: {said or 'no values'}")


def share(value: float, largest: float) -> float:
    """Length of a plain bar in percent."""
    return round(100 * value / largest, 2) if largest > 0 else 0.0


def _tall(number: int, tallest: int) -> float:
    return round(max(3.0, 92 * number / tallest), 2)
