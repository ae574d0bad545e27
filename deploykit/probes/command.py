"""`deploykit probe`: follows the names that were given, runs the sweep, and says what it found."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console, RenderableType

from deploykit.probes.page import page
from deploykit.probes.results import Record
from deploykit.probes.show import summary
from deploykit.probes.sweep import Request, chosen_cases, chosen_roads, sweep


def probe(request: Request, markdown: Path | None, console: Console) -> RenderableType:
    """Runs what was asked for, with its progress on a console.

    Raises:
        ArgumentsError: if a road, theme or pattern fits nothing, or the results file is no such file.
    """
    roads, cases = chosen_roads(request.roads), chosen_cases(request.themes, request.cases)
    with console.status(f"{len(cases)} cases on {len(roads)} road(s)") as status:

        def progress(record: Record, done: int, total: int) -> None:
            status.update(f"{done} of {total}: {record.road} {record.case}".replace("[", "\\["))

        results = sweep(cases, roads, request, progress)
    if markdown is not None:
        markdown.write_text(page(results), encoding="utf-8")
    return summary(results)
