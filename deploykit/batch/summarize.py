"""What came of every job, from the reports of their builds and what is noted of those that have none."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import deploykit
from deploykit.batch import journal
from deploykit.batch.job import Job, Order
from deploykit.batch.journal import Entry
from deploykit.batch.records import JobRecord, Made, Summary
from deploykit.manifest import Verdict
from deploykit.report.model import ArtifactRecord, Report
from deploykit.report.rows import headline, worst


def summarize(jobs: Iterable[tuple[Job, Order]], done: Collection[Order]) -> Summary:
    """The whole batch; the same folders give the same summary.

    Args:
        jobs: as they were given, each with what was sent to the fleet.
        done: what did not have to be sent.
    """
    records = tuple(_record(job, order, order in done) for job, order in jobs)
    verdicts = {record.verdict for record in records}
    verdict: Verdict = "failed" if "failed" in verdicts else "not_run" if "not_run" in verdicts else "passed"
    return Summary(verdict=verdict, jobs=records, version=deploykit.__version__)


def _record(job: Job, order: Order, done: bool) -> JobRecord:
    # Of a job that was done before, perhaps by `deploykit build`, there may be no entry, or one of an earlier failure.
    entry = journal.read(order) or Entry(state="ended", reason="nothing is known of it")
    log = order.log.relative_to(order.out).as_posix() if order.log.exists() else None
    if not done and not entry.reported:
        verdict: Verdict = "not_run" if entry.state == "stopped" else "failed"
        return JobRecord(
            name=job.name,
            source=job.source,
            verdict=verdict,
            headline=entry.reason,
            tries=entry.tries,
            memory=job.memory,
            log=log,
        )
    report = Report.model_validate_json((order.folder / "report" / "report.json").read_text(encoding="utf-8"))
    return JobRecord(
        name=job.name,
        source=job.source,
        verdict=report.verdict,
        headline=f"{headline(report)}.",
        parameters=report.model.parameters,
        artifacts=tuple(made_of(report, artifact) for artifact in report.artifacts),
        sdks=tuple(sdk.platform for sdk in report.sdks if sdk.written),
        tries=max(1, entry.tries),
        seconds=round(sum(stage.seconds for stage in report.stages), 1),
        peak_bytes=entry.peak_bytes,
        memory=job.memory,
        folder=order.folder.relative_to(order.out).as_posix(),
        log=log,
    )


def made_of(report: Report, artifact: ArtifactRecord) -> Made:
    """One artifact in short, with every reason why it is not passed: comparisons' and gates'."""
    row = worst(report, artifact)
    gates = [f"{gate.gate}: {gate.reason}" for gate in artifact.gates if gate.verdict != "passed"]
    return Made(
        target=artifact.target,
        precision=artifact.precision,
        verdict=row.verdict,
        bytes=artifact.bytes,
        road=artifact.road,
        snr_db=row.tightest.snr_db if row.tightest else None,
        required_snr_db=row.tightest.required_snr_db if row.tightest else None,
        reasons=tuple(dict.fromkeys((*(reason.text for reason in row.reasons), *gates))),
    )
