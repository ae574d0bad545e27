"""What came of building the zoo: `measured.json` beside this module, written by `make zoo`."""

from __future__ import annotations

from importlib.resources import files

from pydantic import Field, TypeAdapter

from deploykit.batch.records import Made
from deploykit.batch.summarize import made_of
from deploykit.devices import AcceleratorName
from deploykit.manifest import Verdict
from deploykit.report.model import ArtifactRecord, Report
from deploykit.report.rows import Row, rows
from deploykit.strict import Sparse, Strict

FILE = "measured.json"


class OnAccelerator(Strict):
    """One artifact run by an accelerator's engine and compared; an SDK leaves the accelerator out where it failed."""

    verdict: Verdict
    snr_db: float | None
    """Of the comparison that leaves the least room; None where nothing was measured."""
    reasons: tuple[str, ...]
    """Why it is not passed."""


class MeasuredArtifact(Made):
    """One target at one precision, with what was measured of its speed and what accelerators take of it."""

    milliseconds: dict[str, float] = Field(default_factory=dict)
    """Median of one run on this project's machine, by runner; without those that compute op by op."""
    taken: dict[str, float] = Field(default_factory=dict)
    """Share of the multiply-adds that each accelerator takes, 0 to 1."""
    ran: dict[AcceleratorName, OnAccelerator] = Field(default_factory=dict)
    """What accelerators computed whose engines can be run on this project's machine."""


class Measured(Sparse):
    """One entry of the zoo."""

    SPARSE = ("failed", "artifacts")

    parameters: int | None = None
    """Of the network as it is deployed; None where it could not be built."""
    multiply_adds: int | None = None
    """Of the first file that could be looked into."""
    seconds: float | None = None
    """Of the whole build."""
    failed: str = ""
    """Why there was no build at all."""
    artifacts: tuple[MeasuredArtifact, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every artifact is right."""
        return bool(self.artifacts) and all(each.verdict == "passed" for each in self.artifacts)


_FILE = TypeAdapter(dict[str, Measured])


def all_measured() -> dict[str, Measured]:
    """By name of the entry."""
    return read((files("deploykit.zoo") / FILE).read_bytes())


def read(text: bytes) -> dict[str, Measured]:
    """What `write` made."""
    return _FILE.validate_json(text)


def write(measured: dict[str, Measured]) -> bytes:
    """As JSON, one entry after the other in the order of names."""
    return _FILE.dump_json(dict(sorted(measured.items())), indent=1) + b"\n"


def of_report(report: Report, parameters: int) -> Measured:
    """A build in figures."""
    macs = [artifact.coverage.macs for artifact in report.artifacts if artifact.coverage is not None]
    return Measured(
        parameters=parameters,
        multiply_adds=macs[0] if macs else None,
        seconds=round(sum(stage.seconds for stage in report.stages), 1),
        artifacts=tuple(_artifact(report, artifact) for artifact in report.artifacts),
    )


def _artifact(report: Report, artifact: ArtifactRecord) -> MeasuredArtifact:
    name = f"{artifact.target} {artifact.precision}"
    speeds = report.bench.speeds if report.bench else ()
    accelerators = artifact.coverage.accelerators if artifact.coverage else ()
    return MeasuredArtifact(
        **made_of(report, artifact).model_dump(),
        milliseconds={
            speed.by: round(speed.median_ms, 3)
            for speed in speeds
            if speed.name == name and not speed.device and not speed.interprets and speed.median_ms is not None
        },
        taken={each.name: round(each.macs_share, 4) for each in accelerators if each.macs_share is not None},
        ran={
            row.accelerator: _on_accelerator(row)
            for row in rows(report)
            if row.name == name and row.accelerator is not None
        },
    )


def _on_accelerator(row: Row) -> OnAccelerator:
    return OnAccelerator(
        verdict=row.verdict,
        snr_db=row.tightest.snr_db if row.tightest else None,
        reasons=tuple(reason.text for reason in row.reasons if reason.verdict == row.verdict),
    )
