"""`index.html`: one file that opens from disk, without a network and without scripts.

Everything is worked out here, in words and positions; the templates in `templates/report/` only lay it out.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from deploykit.manifest import ComputeUnits, Verdict
from deploykit.render import render
from deploykit.report import curve, front, mac, plots, words
from deploykit.report.model import ErrorProfile, Prediction, Report, SampleRecord
from deploykit.report.rows import Row, headline, rows, worst

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
    """How often one of those who answered was right."""

    by: str
    runner: str | None
    compute_units: ComputeUnits | None
    share: float | None
    same: float | None
    draws: int


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
class Sample:
    """A sample with its distinct answers; those of PyTorch come first."""

    record: SampleRecord
    answers: tuple[Answer, ...]
    agreed: bool
    tiny: bool
    """Smaller than it is shown: its pixels are kept sharp."""


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
    accuracy: tuple[Accuracy, ...]
    snr_axis: plots.Axis
    snr: tuple[SnrRow, ...]
    error_axis: plots.Axis | None
    errors: tuple[ErrorRow, ...]
    error_kinds: tuple[str, ...]
    curves: tuple[curve.Curve, ...]
    fronts: tuple[front.Front, ...]
    samples: tuple[Sample, ...]
    reference_answers: bool
    """Whether one of those who answered is Core ML's reference runner."""
    mac: tuple[mac.MacTable, ...]
    mac_hint: str
    largest: int
    slowest: float
    total_seconds: float


def html(report: Report) -> str:
    """The report as one self-contained page. The same report gives the same bytes."""
    return words.clean(render("report/index.html.jinja", None, page=page(report), words=words, plots=plots, link=link))


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
        samples=tuple(_sample(record) for record in report.samples),
        reference_answers=any(words.REFERENCE_RUNNER in p.by for s in report.samples for p in s.predictions),
        mac=mac.tables(report, table),
        mac_hint=mac.hint(report),
        largest=max((artifact.bytes or 0 for artifact in report.artifacts), default=0),
        slowest=max((stage.seconds for stage in report.stages), default=0.0),
        total_seconds=sum(stage.seconds for stage in report.stages),
    )


def link(path: str) -> str:
    """A path of the output folder as a relative address, whatever characters it holds."""
    return UP + quote(path.encode("utf-8", "replace"))


def _unrun(table: Iterable[Row]) -> tuple[str, ...]:
    """What could not be had on this machine, each reason once."""
    found: dict[str, list[str]] = {}
    for row in table:
        for reason in row.reasons:
            if reason.verdict == "not_run":
                found.setdefault(f"{row.by or 'no runner'}: {reason.text}", []).append(row.name)
    return tuple(f"{text} ({', '.join(dict.fromkeys(names))})" for text, names in found.items())


def _accuracy(table: Iterable[Row]) -> tuple[Accuracy, ...]:
    """PyTorch first, then whoever answered the project's samples."""
    answered = [row for row in table if {"top1_accuracy", "top1_agreement"} & set(row.metric)]
    found = [
        Accuracy(
            row.name,
            row.runner,
            row.compute_units,
            row.metric.get("top1_accuracy"),
            row.metric.get("top1_agreement"),
            row.samples,
        )
        for row in answered
    ]
    reference = next(
        (r.metric["reference_top1_accuracy"] for r in answered if "reference_top1_accuracy" in r.metric), None
    )
    first = [Accuracy("PyTorch", None, None, reference, None, found[0].draws)] if reference is not None else []
    return (*first, *found)


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
        Answer(label, None if record.label is None else label == record.label, _givers(given), _scores(given))
        for label, given in by_label.items()
    )
    return Sample(record, answers, agreed=len(by_label) <= 1, tiny=_png_width(record.png_base64) < 88)


def _png_width(png_base64: str) -> int:
    """From the header: https://www.w3.org/TR/png/#11IHDR."""
    try:
        return int.from_bytes(b64decode(png_base64[:32])[16:20])
    except ValueError:
        return 0


def _givers(given: list[Prediction]) -> str:
    """`PyTorch and 12 others`; three names or fewer are told."""
    names = [prediction.by for prediction in given]
    if len(names) <= 3:
        return ", ".join(names)
    return f"PyTorch and {len(names) - 1} others" if "PyTorch" in names else f"{len(names)} runs"


def _scores(given: list[Prediction]) -> str:
    low, high = min(p.score for p in given), max(p.score for p in given)
    few, many = f"{low:.3f}", f"{high:.3f}"
    return few if few == many else f"{few} – {many}"
