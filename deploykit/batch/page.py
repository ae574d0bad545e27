"""`index.html` of a batch: one file that opens from disk, without a network and without scripts, as that of a build."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from deploykit.batch import words as batch
from deploykit.batch.records import Summary
from deploykit.precisions import Precision
from deploykit.render import render
from deploykit.report import plots, words
from deploykit.report.html import link

Bar = tuple[str, float, str]
"""A job's name, a value, and the value in words."""


@dataclass(frozen=True)
class Page:
    """All that the template needs beside the summary."""

    summary: Summary
    headline: str
    artifacts: Counter[str]
    """How many there are of each verdict."""
    columns: dict[str, tuple[Precision, ...]]
    """Target → its precisions, of all jobs."""
    seconds: tuple[Bar, ...]
    memory: tuple[Bar, ...]

    @property
    def slowest(self) -> float:
        """Where the bars of times end."""
        return max((value for _, value, _ in self.seconds), default=0.0)

    @property
    def fattest(self) -> float:
        """Where the bars of memory end."""
        return max((value for _, value, _ in self.memory), default=0.0)


def html(made: Summary) -> str:
    """The summary as one self-contained page. The same summary gives the same bytes."""
    return words.clean(
        render("report/batch.html.jinja", None, page=page(made), words=words, plots=plots, batch=batch, link=link)
    )


def page(made: Summary) -> Page:
    """Everything that the page shows."""
    found: dict[str, dict[Precision, None]] = {}
    for job in made.jobs:
        for artifact in job.artifacts:
            found.setdefault(artifact.target, {})[artifact.precision] = None
    return Page(
        summary=made,
        headline=batch.headline(made),
        artifacts=Counter(artifact.verdict for job in made.jobs for artifact in job.artifacts),
        columns={target: tuple(precisions) for target, precisions in sorted(found.items())},
        seconds=tuple(
            (job.name, job.seconds, words.seconds(job.seconds)) for job in made.jobs if job.seconds is not None
        ),
        memory=tuple(
            (job.name, job.peak_bytes, words.size(job.peak_bytes)) for job in made.jobs if job.peak_bytes is not None
        ),
    )
