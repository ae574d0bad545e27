"""`junit.xml` of a batch: one suite per job, one case per artifact, for CI systems."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from deploykit.batch.records import JobRecord, Made, Summary
from deploykit.report.junit import as_text, count, element
from deploykit.report.words import db


def junit(made: Summary) -> str:
    """The summary as JUnit XML."""
    root = element(None, "testsuites", name="deploykit batch")
    for job in made.jobs:
        suite = element(root, "testsuite", name=job.name)
        if job.seconds is not None:
            suite.set("time", f"{job.seconds:.1f}")
        for artifact in job.artifacts:
            _artifact(suite, job, artifact)
        if not job.artifacts:
            _unbuilt(suite, job)
        count(suite, [suite])
    count(root, list(root))
    return as_text(root)


def _artifact(suite: Element, job: JobRecord, made: Made) -> None:
    case = element(suite, "testcase", classname=job.name, name=f"{made.target} {made.precision}")
    text = "; ".join(made.reasons) or "no reason was given"
    if made.verdict == "failed":
        kind = "failure" if made.bytes is not None else "error"
        element(case, kind, text, message=text, type="parity" if made.bytes is not None else "no artifact")
    elif made.verdict == "not_run":
        element(case, "skipped", message=f"not run: {text}")
    else:
        element(case, "system-out", f"{db(made.snr_db)}, required {db(made.required_snr_db)}")


def _unbuilt(suite: Element, job: JobRecord) -> None:
    case = element(suite, "testcase", classname=job.name, name="build")
    if job.verdict == "failed":
        text = job.headline + (f"\nlog: {job.log}" if job.log else "")
        element(case, "error", text, message=job.headline, type="no report")
    elif job.verdict == "not_run":
        element(case, "skipped", message=f"not run: {job.headline}")
