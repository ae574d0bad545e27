"""What `selfTest()` told of devices becomes rows of the report.

The SDK has judged already, on the device; what is checked here is that its record is whole and of this build's files.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from deploykit.devices import SelfTest, SelfTestRow
from deploykit.digests import measure
from deploykit.errors import ImportedError
from deploykit.manifest import Verdict
from deploykit.report import devices
from deploykit.report.model import ArtifactRecord, DeviceRow, DeviceRun, Report
from deploykit.report.words import clean


def take(report: Report, records: Sequence[tuple[Path, SelfTest]], folder: Path) -> Report:
    """The report with the records in it; earlier ones of the same artifact and device are replaced.

    Args:
        report: of the build in `folder`.
        records: each with the file that it was in.
        folder: the build's, whose artifacts are measured anew.

    Raises:
        ImportedError: naming every record of another model, and every device that is told of twice.
    """
    problems: list[str] = []
    made: dict[tuple[str, ...], tuple[Path, DeviceRun]] = {}
    for file, record in records:
        artifact = _artifact(report, record, folder)
        if isinstance(artifact, str):
            problems.append(f"{file}: {artifact}")
            continue
        run = _run(record, artifact)
        first, other = made.setdefault(_key(run), (file, run))
        if other != run:
            problems.append(f"{file}: {first} tells of the same device, {record.device}, and something else; give one")
    if problems:
        told = "\n  ".join(problems)
        raise ImportedError(clean(f"these are not records of this build's SDKs; nothing was imported\n  {told}"))
    kept = [run for run in report.devices if run.rows and _key(run) not in made]
    runs = devices.runs(report.sdks, report.artifacts, [*kept, *(run for _, run in made.values())])
    return report.model_copy(update={"devices": runs})


def _artifact(report: Report, record: SelfTest, folder: Path) -> ArtifactRecord | str:
    """What a record is about, or why it is about nothing here."""
    own = [each for each in report.artifacts if each.target == record.target and each.path is not None]
    if not own:
        targets = dict.fromkeys(each.target for each in report.artifacts if each.path is not None)
        return f"of target {record.target}, and this build has {', '.join(targets) or 'no artifact'}"
    found = next((each for each in own if each.sha256 == record.sha256), None)
    if found is None:
        has = ", ".join(f"{each.precision} {each.sha256}" for each in own)
        return f"of another model: its file has SHA-256 {record.sha256}; of {record.target} this build has {has}"
    file = folder / str(found.path)
    if not file.exists() or measure(file)[1] != found.sha256:
        return f"{file} is not the file that the report names any more; build again"
    if not record.rows:
        return "it has no rows: no test was run"
    return found


def _run(record: SelfTest, artifact: ArtifactRecord) -> DeviceRun:
    rows = tuple(_row(row) for row in record.rows)
    used: set[Verdict] = {row.verdict for row in rows if row.accelerator == record.accelerator}
    verdict: Verdict = "failed" if "failed" in used else "passed" if record.passed else "not_run"
    reason = "" if verdict != "not_run" else "the model was closed, or did not open again"
    return DeviceRun(
        target=artifact.target,
        precision=artifact.precision,
        place=record.place,
        verdict=verdict,
        reason=reason,
        device=record.device,
        os=record.os_build,
        engine=record.engine,
        accelerator=record.accelerator,
        required_snr_db=record.required_snr_db,
        rows=rows,
    )


def _row(row: SelfTestRow) -> DeviceRow:
    verdict: Verdict = "not_run" if row.error is not None else "passed" if row.passed else "failed"
    return DeviceRow(
        accelerator=row.accelerator,
        test=row.test,
        verdict=verdict,
        snr_db=row.snr_db,
        max_error=row.max_error,
        cold_ms=row.cold_ms,
        warm_ms=row.warm_ms,
        error=row.error or "",
    )


def _key(run: DeviceRun) -> tuple[str, ...]:
    """What a later record replaces."""
    return run.target, run.precision, run.device, run.os
