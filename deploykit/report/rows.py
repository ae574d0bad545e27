"""The report's rows: one per artifact, runner and compute units, with the figure that leaves the least room."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from deploykit.devices import AcceleratorName
from deploykit.manifest import ComputeUnits, GpuRecord, ParityRecord, Verdict, decisive, left_out, overall, tightest
from deploykit.report.model import ArtifactRecord, Report
from deploykit.report.words import count, no_artifact, runner_name


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
    metric: dict[str, float] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    compute_units: ComputeUnits | None = None

    @property
    def left_out(self) -> str:
        """The accelerator that the SDK leaves out because of this row; empty where it does not."""
        return ", ".join(left_out(self.records))

    @property
    def accelerator(self) -> AcceleratorName | None:
        """That which computed all its comparisons; None for the CPU, and for an artifact's row over all runners."""
        names = {record.accelerator for record in self.records}
        return names.pop() if len(names) == 1 else None

    @property
    def name(self) -> str:
        """Target and precision."""
        return f"{self.artifact.target} {self.artifact.precision}"

    @property
    def samples(self) -> int:
        """How many of the project's samples were run: the Mac kit has fewer than the build."""
        return max((record.draws for record in self.records if record.input == "samples"), default=0)

    @property
    def gpu(self) -> GpuRecord | None:
        """Where it ran, if on LiteRT's GPU engine; one run has made all its comparisons."""
        return next((record.gpu for record in self.records if record.gpu is not None), None)

    @property
    def by(self) -> str:
        """The runner, with the compute units where it has them; empty without a runner."""
        return runner_name(self.runner, self.compute_units)


def rows(report: Report) -> tuple[Row, ...]:
    """One per artifact × runner × compute units, in the report's order."""
    found: list[Row] = []
    for artifact in report.artifacts:
        records = _records(report, artifact)
        runs: dict[tuple[str, ComputeUnits | None], list[ParityRecord]] = {}
        for record in records:
            runs.setdefault((record.runner, record.compute_units), []).append(record)
        found += [replace(_row(artifact, name, tuple(of)), compute_units=units) for (name, units), of in runs.items()]
        if not runs:
            found.append(_bare(artifact))
    return tuple(found)


def worst(report: Report, artifact: ArtifactRecord) -> Row:
    """One row for the artifact over all its runners that decide about it. It passes only where a comparison did."""
    records = decisive(_records(report, artifact))
    if not records:
        return _bare(artifact)
    row = _row(artifact, None, records)
    return row if artifact.verdict == "passed" else replace(row, verdict=artifact.verdict)


def headline(report: Report) -> str:
    """The whole build in one sentence."""
    artifacts = report.artifacts
    if not artifacts:
        return "Nothing was built, so nothing could be checked"
    found = [worst(report, artifact).verdict for artifact in artifacts if artifact.path is not None]
    good, wrong, unknown = (found.count(verdict) for verdict in ("passed", "failed", "not_run"))
    missing = len(artifacts) - len(found)
    if good == len(artifacts):
        return f"{_all(good)} what the PyTorch model computes"
    parts = [f"{wrong} {'does' if wrong == 1 else 'do'} not"] if wrong else []
    parts += [f"{missing} could not be made"] if missing else []
    parts += [f"{unknown} could not be checked"] if unknown else []
    if len(artifacts) == 1:
        what = "does not compute what the PyTorch model computes" if wrong else "could not be made" if missing else None
        return f"The only artifact {what or 'could not be checked'}"
    right = f"{good or 'None'} of {count(len(artifacts), 'artifact')} {'computes' if good == 1 else 'compute'}"
    return f"{right} what the PyTorch model computes: {', '.join(parts)}"


def _all(number: int) -> str:
    return (
        "The only artifact computes"
        if number == 1
        else f"{'Both' if number == 2 else f'All {number}'} artifacts compute"
    )


def _records(report: Report, artifact: ArtifactRecord) -> tuple[ParityRecord, ...]:
    """Its comparisons; none for a file that does not exist."""
    key = (artifact.target, artifact.precision)
    return tuple(r for r in report.parity if (r.target, r.precision) == key) if artifact.path is not None else ()


def _row(artifact: ArtifactRecord, runner: str | None, records: tuple[ParityRecord, ...]) -> Row:
    errors = [record.max_abs for record in records if record.max_abs is not None]
    samples = [record.metric for record in records if record.input == "samples" and record.metric]
    return Row(
        artifact=artifact,
        runner=runner,
        records=records,
        verdict=overall(records),
        tightest=tightest(records),
        max_abs=max(errors, default=None),
        metric=next(iter(samples), {}),
        reasons=_reasons(records),
    )


def _bare(artifact: ArtifactRecord) -> Row:
    """Nothing was compared: that is never a pass."""
    verdict: Verdict = "not_run" if artifact.verdict == "passed" else artifact.verdict
    text = no_artifact(artifact) if artifact.path is None else "Nothing was compared: no runner opened this artifact."
    return Row(artifact, None, (), verdict, None, None, {}, (Reason(verdict, "", text),))


def _reasons(records: tuple[ParityRecord, ...]) -> tuple[Reason, ...]:
    """Equal reasons are told once, with all the inputs that they hold for."""
    inputs: dict[tuple[Verdict, str], list[str]] = {}
    for record in records:
        if record.verdict != "passed":
            inputs.setdefault((record.verdict, record.reason or "no reason was given"), []).append(record.input)
    return tuple(Reason(verdict, ", ".join(names), text) for (verdict, text), names in inputs.items())
