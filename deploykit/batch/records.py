"""`report.json` of a batch: what came of every job. The page and the JUnit file are made from it alone."""

from __future__ import annotations

from deploykit.manifest import Verdict
from deploykit.precisions import Precision
from deploykit.strict import Strict


class Made(Strict):
    """One artifact of a job, in short; everything about it is in the report of its build."""

    target: str
    precision: Precision
    verdict: Verdict
    bytes: int | None
    """None where no road led to an artifact."""
    road: str | None
    snr_db: float | None
    """Of the comparison that leaves the least room over what is required; None where nothing was measured."""
    required_snr_db: float | None
    reasons: tuple[str, ...]
    """Why it is not passed."""


class JobRecord(Strict):
    """What came of one job."""

    name: str
    source: str
    """As it was given."""
    verdict: Verdict
    """`failed` also where its build made no report; `not_run` where it was never begun."""
    headline: str
    """In one sentence: of its report, or why there is none."""
    parameters: int | None = None
    artifacts: tuple[Made, ...] = ()
    sdks: tuple[str, ...] = ()
    """Platforms whose SDK was written."""
    tries: int = 1
    seconds: float | None = None
    """Wall-clock time of its stages when it was built."""
    peak_bytes: int | None = None
    """The most memory that its processes held at the same time, in this build or an earlier one that it reuses; None
    where it was not measured."""
    memory: float
    """Gigabytes that it was taken to need."""
    folder: str | None = None
    """The output of its build, relative to the batch's; None where there is none of now."""
    log: str | None = None


class Summary(Strict):
    """A whole batch."""

    verdict: Verdict
    """`passed` only if every job passed."""
    jobs: tuple[JobRecord, ...]
    version: str
    """Of deploykit."""
