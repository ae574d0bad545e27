"""What is said of a batch, the same on the console and on the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deploykit.batch.records import JobRecord, Made, Summary
from deploykit.manifest import Verdict
from deploykit.precisions import Precision
from deploykit.report import words


def headline(made: Summary) -> str:
    """The whole batch in one sentence."""
    verdicts = [job.verdict for job in made.jobs]
    good, wrong, unknown = (verdicts.count(verdict) for verdict in ("passed", "failed", "not_run"))
    if good == len(verdicts):
        return f"{words.count(good, 'model')} passed" if good == 1 else f"All {good} models passed"
    rest = [f"{wrong} failed"] if wrong else []
    rest += [f"{unknown} not run"] if unknown else []
    return f"{good or 'None'} of {words.count(len(verdicts), 'model')} passed: {', '.join(rest)}"


def artifacts(job: JobRecord) -> str:
    """How many of a job's artifacts passed."""
    passed = sum(made.verdict == "passed" for made in job.artifacts)
    return f"{passed}/{len(job.artifacts)}" if job.artifacts else "–"


def tightest(job: JobRecord) -> Made | None:
    """The artifact that leaves the least room over what is required."""
    measured = [made for made in job.artifacts if made.snr_db is not None and made.required_snr_db is not None]
    return min(measured, key=_over, default=None)


def room(job: JobRecord) -> str:
    """Its figure."""
    made = tightest(job)
    if made is None or made.snr_db is None:
        return "–"
    found = "equal bits" if made.snr_db >= words.EQUAL_BITS_DB else f"{made.snr_db:.1f}"
    return f"{found} ({made.required_snr_db:.1f})"


def sizes(job: JobRecord) -> str:
    """Of the smallest and the largest artifact."""
    found = [made.bytes for made in job.artifacts if made.bytes is not None]
    low, high = words.size(min(found, default=None)), words.size(max(found, default=None))
    return low if low == high else f"{low} – {high}"


def _over(made: Made) -> float:
    assert made.snr_db is not None
    assert made.required_snr_db is not None
    return made.snr_db - made.required_snr_db


def sdks(job: JobRecord) -> str:
    """The platforms that have one."""
    return ", ".join(words.platform(name) for name in job.sdks) or "–"


@dataclass(frozen=True)
class Reason:
    """Why some artifacts of a job are not passed."""

    verdict: Verdict
    where: str
    text: str


def reasons(job: JobRecord) -> tuple[Reason, ...]:
    """Equal ones once, with all the artifacts that they hold for."""
    found: dict[tuple[Verdict, str], list[str]] = {}
    for made in job.artifacts:
        if made.verdict != "passed":
            for text in made.reasons or ("no reason was given",):
                found.setdefault((made.verdict, text), []).append(f"{made.target} {made.precision}")
    return tuple(Reason(verdict, ", ".join(names), text) for (verdict, text), names in found.items())


def cells(job: JobRecord, columns: Mapping[str, Sequence[Precision]]) -> tuple[Made | None, ...]:
    """A job's artifacts in the order of a table's columns; None where it has none."""
    made = {(each.target, each.precision): each for each in job.artifacts}
    return tuple(made.get((target, precision)) for target, precisions in columns.items() for precision in precisions)
