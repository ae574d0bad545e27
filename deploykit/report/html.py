"""`index.html`: one file that opens from disk, without a network and without scripts.

Everything is worked out here, in words and positions; the templates in `templates/report/` only lay it out.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from deploykit.bench.records import Speed
from deploykit.figures import FIGURES, REFERENCE, main_figures
from deploykit.manifest import ComputeUnits, Verdict
from deploykit.render import render
from deploykit.report import accelerators, curve, devices, front, mac, plots, words
from deploykit.report.model import ErrorProfile, Prediction, Report, SampleRecord
from deploykit.report.rows import Row, headline, rows, worst
from deploykit.sightings import SeenBox

UP = "../"
"""The page lies in `report/`; paths in the report are relative to the folder above it."""


@dataclass(frozen=True)
class ArtifactRows:
    """An artifact's rows of the verdict table."""

    overall: Row
    runs: tuple[Row, ...]

    @property
    def target(self) -> str:
        """What the table is grouped by."""
        return self.overall.artifact.target


@dataclass(frozen=True)
class Accuracy:
    """How well one of those who answered did."""

    by: str
    runner: str | None
    compute_units: ComputeUnits | None
    right: float | None
    """Beside the truth."""
    same: float | None
    """Beside PyTorch."""
    draws: int


@dataclass(frozen=True)
class Accuracies:
    """How well everybody answered the project's samples; PyTorch first, where the truth is known."""

    right: str | None
    """The figure beside the truth, as in `FIGURES`; None where no truth is known."""
    same: str | None
    """The figure beside PyTorch."""
    answers: tuple[Accuracy, ...]

    @property
    def full(self) -> float:
        """Where a bar ends: at the whole of a share, else at the best value."""
        name = self.right or self.same or ""
        values = [value for each in self.answers if (value := each.right if self.right else each.same) is not None]
        return 1.0 if FIGURES[name].unit in ("share", "index") else max(values, default=1.0)


@dataclass(frozen=True)
class SnrRow:
    """A row of the dot plot."""

    row: Row
    strip: plots.Strip


@dataclass(frozen=True)
class ErrorRow:
    """A row of small multiples: one panel per kind of input, None where nothing was measured."""

    name: str
    runner: str
    compute_units: ComputeUnits | None
    panels: tuple[plots.Panel | None, ...]


@dataclass(frozen=True)
class Answer:
    """A label, and all who gave it."""

    label: str
    right: bool | None
    by: str
    scores: str


@dataclass(frozen=True)
class View:
    """A picture with the boxes that some see in it."""

    boxes: tuple[SeenBox, ...]
    right: bool
    """Whether they are PyTorch's."""
    by: str


@dataclass(frozen=True)
class Sample:
    """A sample with its distinct answers; those of PyTorch come first."""

    record: SampleRecord
    answers: tuple[Answer, ...]
    views: tuple[View, ...]
    agreed: bool
    tiny: bool
    """Smaller than it is shown: its pixels are kept sharp."""


@dataclass(frozen=True)
class Benched:
    """What was measured in one place."""

    title: str
    speeds: tuple[Speed, ...]
    slowest: float
    """The largest median of a real runtime, in milliseconds."""


@dataclass(frozen=True)
class Page:
    """All that the templates need beside the report."""

    report: Report
    headline: str
    made: int
    tally: dict[Verdict, int]
    artifacts: tuple[ArtifactRows, ...]
    unrun: tuple[str, ...]
    inputs: dict[str, str]
    outputs: dict[str, str]
    input_kinds: tuple[str, ...]
    accuracy: Accuracies | None
    snr_axis: plots.Axis
    snr: tuple[SnrRow, ...]
    error_axis: plots.Axis | None
    errors: tuple[ErrorRow, ...]
    error_kinds: tuple[str, ...]
    curves: tuple[curve.Curve, ...]
    fronts: tuple[front.Front, ...]
    accelerators: tuple[accelerators.Figure, ...]
    samples: tuple[Sample, ...]
    reference_answers: bool
    """Whether one of those who answered is Core ML's reference runner."""
    mac: tuple[mac.MacTable, ...]
    mac_hint: str
    store_hints: tuple[str, ...]
    benched: tuple[Benched, ...]
    largest: int
    slowest: float
    total_seconds: float


def html(report: Report) -> str:
    """The report as one self-contained page. The same report gives the same bytes."""
    return words.clean(
        render(
            "report/index.html.jinja",
            None,
            page=page(report),
            devices=devices,
            words=words,
            plots=plots,
            figures=FIGURES,
            link=link,
        )
    )


def page(report: Report) -> Page:
    """Everything that the page shows."""
    table = rows(report)
    kinds = tuple(dict.fromkeys(record.input for record in report.parity))
    measured = [row for row in table if row.tightest is not None]
    snr_axis = plots.snr_axis(report.parity)
    error_axis = plots.error_axis(report.errors)
    error_kinds = tuple(dict.fromkeys(profile.input for profile in report.errors))
    contract = report.model.contract
    return Page(
        report=report,
        headline=headline(report),
        made=sum(artifact.path is not None for artifact in report.artifacts),
        tally={verdict: sum(r.verdict == verdict for r in report.parity) for verdict in words.MARKS},
        artifacts=tuple(
            ArtifactRows(worst(report, artifact), tuple(row for row in table if row.artifact is artifact))
            for artifact in report.artifacts
        ),
        unrun=_unrun(table),
        inputs={name: words.input_words(spec, contract.dims) for name, spec in contract.inputs.items()},
        outputs={name: words.output_words(spec, contract.labels) for name, spec in contract.outputs.items()},
        input_kinds=kinds,
        accuracy=_accuracy(table),
        snr_axis=snr_axis,
        snr=tuple(
            SnrRow(row, plots.snr_strip(snr_axis, row.records, kinds, f"{row.name}, {row.by}")) for row in measured
        ),
        error_axis=error_axis,
        errors=_errors(report.errors, error_axis, error_kinds),
        error_kinds=error_kinds,
        curves=curve.curves(report.artifacts),
        fronts=front.fronts(report),
        accelerators=accelerators.figures(report.artifacts),
        samples=tuple(_sample(record) for record in report.samples),
        reference_answers=any(words.REFERENCE_RUNNER in p.by for s in report.samples for p in s.predictions),
        mac=mac.tables(report, table),
        mac_hint=mac.hint(report),
        store_hints=words.store_hints(artifact.target for artifact in report.artifacts),
        benched=_benched(report),
        largest=max((artifact.bytes or 0 for artifact in report.artifacts), default=0),
        slowest=max((stage.seconds for stage in report.stages), default=0.0),
        total_seconds=sum(stage.seconds for stage in report.stages),
    )


def link(path: str) -> str:
    """A path of the output folder as a relative address, whatever characters it holds."""
    return UP + quote(path.encode("utf-8", "replace"))


def _benched(report: Report) -> tuple[Benched, ...]:
    """This machine first, then devices."""
    found: dict[str, list[Speed]] = {}
    for speed in report.bench.speeds if report.bench else ():
        found.setdefault(speed.device, []).append(speed)
    return tuple(
        Benched(
            f"On {device or 'this machine'}",
            tuple(speeds),
            max((speed.median_ms or 0.0 for speed in speeds if not speed.interprets), default=0.0),
        )
        for device, speeds in found.items()
    )


def _unrun(table: Iterable[Row]) -> tuple[str, ...]:
    """What could not be had on this machine, each reason once."""
    found: dict[str, list[str]] = {}
    for row in table:
        for reason in row.reasons:
            if reason.verdict == "not_run":
                found.setdefault(f"{row.by or 'no runner'}: {reason.text}", []).append(row.name)
    return tuple(f"{text} ({', '.join(dict.fromkeys(names))})" for text, names in found.items())


def _accuracy(table: Iterable[Row]) -> Accuracies | None:
    """None where no task was measured."""
    answered = [row for row in table if row.metric]
    right, same = main_figures(name for row in answered for name in row.metric)
    if right is None and same is None:
        return None
    found = [
        Accuracy(
            row.name,
            row.runner,
            row.compute_units,
            row.metric.get(right or ""),
            row.metric.get(same or ""),
            row.samples,
        )
        for row in answered
    ]
    own = next((row.metric[f"{REFERENCE}{right}"] for row in answered if f"{REFERENCE}{right}" in row.metric), None)
    first = [Accuracy("PyTorch", None, None, own, None, found[0].draws)] if own is not None else []
    return Accuracies(right, same, (*first, *found))


def _errors(profiles: Iterable[ErrorProfile], axis: plots.Axis | None, kinds: tuple[str, ...]) -> tuple[ErrorRow, ...]:
    if axis is None:
        return ()
    found: dict[tuple[str, str, ComputeUnits | None], dict[str, plots.Panel]] = {}
    for profile in profiles:
        key = (f"{profile.target} {profile.precision}", profile.runner, profile.compute_units)
        found.setdefault(key, {})[profile.input] = plots.error_panel(axis, profile)
    return tuple(ErrorRow(*key, tuple(panels.get(kind) for kind in kinds)) for key, panels in found.items())


def _sample(record: SampleRecord) -> Sample:
    by_label: dict[str, list[Prediction]] = {}
    for prediction in record.predictions:
        by_label.setdefault(prediction.label, []).append(prediction)
    answers = tuple(
        Answer(
            label,
            None if record.label is None else label == record.label,
            _givers([prediction.by for prediction in given]),
            _scores(given),
        )
        for label, given in by_label.items()
    )
    agreed = len(by_label) <= 1 and all(sighting.same for sighting in record.sightings)
    return Sample(record, answers, _views(record), agreed, tiny=_png_width(record.png_base64) < 88)


def _views(record: SampleRecord) -> tuple[View, ...]:
    """What PyTorch sees, with all who see the same; then the others, those who see equal boxes together."""
    same = [sighting for sighting in record.sightings if sighting.same]
    others: dict[tuple[SeenBox, ...], list[str]] = {}
    for sighting in record.sightings:
        if not sighting.same:
            others.setdefault(sighting.boxes, []).append(sighting.by)
    views = [View(same[0].boxes, True, _givers([sighting.by for sighting in same]))] if same else []
    return (*views, *(View(boxes, False, _givers(names)) for boxes, names in others.items()))


def _png_width(png_base64: str) -> int:
    """From the header: https://www.w3.org/TR/png/#11IHDR."""
    try:
        return int.from_bytes(b64decode(png_base64[:32])[16:20])
    except ValueError:
        return 0


def _givers(names: list[str]) -> str:
    """`PyTorch and 12 others`; three names or fewer are told."""
    if len(names) <= 3:
        return ", ".join(names)
    return f"PyTorch and {len(names) - 1} others" if "PyTorch" in names else f"{len(names)} runs"


def _scores(given: list[Prediction]) -> str:
    low, high = min(p.score for p in given), max(p.score for p in given)
    few, many = f"{low:.3f}", f"{high:.3f}"
    return few if few == many else f"{few} – {many}"
