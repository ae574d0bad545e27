"""The report's rows: one per artifact and runner, with the figure that leaves the least room."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from deploykit.manifest import ParityRecord, Verdict
from deploykit.report.model import ArtifactRecord, Report
from deploykit.report.words import no_artifact


@dataclass(frozen=True)
class Reason:
    """Why some of a row's comparisons failed or could not be had."""

    verdict: Verdict
    inputs: str
    text: str


@dataclass(frozen=True)
class Row:
    """An artifact on one of its runners; without a runner where nothing was run."""

    artifact: ArtifactRecord
    runner: str | None
    records: tuple[ParityRecord, ...]
    verdict: Verdict
    tightest: ParityRecord | None
    """The comparison with the least headroom over what is required."""
    max_abs: float | None
    draws: int
    metric: dict[str, float] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()

    @property
    def name(self) -> str:
        """Target and precision."""
        return f"{self.artifact.target} {self.artifact.precision}"


def rows(report: Report) -> tuple[Row, ...]:
    """One per artifact × runner, in the report's order."""
    found: list[Row] = []
    for artifact in report.artifacts:
        records = _records(report, artifact)
        runners = dict.fromkeys(record.runner for record in records)
        found += [_row(artifact, name, tuple(r for r in records if r.runner == name)) for name in runners]
        if not runners:
            found.append(_bare(artifact))
    return tuple(found)


def worst(report: Report, artifact: ArtifactRecord) -> Row:
    """One row for the artifact over all its runners."""
    records = _records(report, artifact)
    return replace(_row(artifact, None, records), verdict=artifact.verdict) if records else _bare(artifact)


def _records(report: Report, artifact: ArtifactRecord) -> tuple[ParityRecord, ...]:
    """Its comparisons; none for a file that does not exist."""
    key = (artifact.target, artifact.precision)
    return tuple(r for r in report.parity if (r.target, r.precision) == key) if artifact.path is not None else ()


def _row(artifact: ArtifactRecord, runner: str | None, records: tuple[ParityRecord, ...]) -> Row:
    measured = [record for record in records if record.snr_db is not None]
    errors = [record.max_abs for record in records if record.max_abs is not None]
    samples = [record.metric for record in records if record.input == "samples" and record.metric]
    return Row(
        artifact=artifact,
        runner=runner,
        records=records,
        verdict=_verdict(records),
        tightest=min(measured, key=_headroom, default=None),
        max_abs=max(errors, default=None),
        draws=sum(record.draws for record in records),
        metric=samples[0] if samples else {},
        reasons=_reasons(records),
    )


def _bare(artifact: ArtifactRecord) -> Row:
    missing = artifact.path is None
    text = no_artifact(artifact) if missing else "No runner on this machine opens this artifact."
    verdict: Verdict = "failed" if missing and artifact.verdict == "passed" else artifact.verdict
    reasons = () if verdict == "passed" else (Reason(verdict, "", text),)
    return Row(artifact, None, (), verdict, None, None, 0, {}, reasons)


def _verdict(records: tuple[ParityRecord, ...]) -> Verdict:
    found = {record.verdict for record in records}
    return "failed" if "failed" in found else "passed" if "passed" in found else "not_run"


def _headroom(record: ParityRecord) -> float:
    room = (record.snr_db or 0.0) - (record.required_snr_db or 0.0)
    return -math.inf if math.isnan(room) else room


def _reasons(records: tuple[ParityRecord, ...]) -> tuple[Reason, ...]:
    """Equal reasons are told once, with all the inputs that they hold for."""
    inputs: dict[tuple[Verdict, str], list[str]] = {}
    for record in records:
        if record.verdict != "passed":
            inputs.setdefault((record.verdict, record.reason or "no reason was given"), []).append(record.input)
    return tuple(Reason(verdict, ", ".join(names), text) for (verdict, text), names in inputs.items())
