"""`deploykit batch`."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from deploykit.batch.job import REPORT, Options
from deploykit.batch.records import JobRecord, Summary
from deploykit.batch.words import artifacts, headline, room, sizes
from deploykit.errors import ArgumentsError
from deploykit.report import words
from deploykit.report.console import STYLES
from deploykit.report.words import clean


def problems(options: Options) -> list[str]:
    """What does not go together on the command line."""
    found = []
    if options.scheduler and options.workers:
        found.append("--scheduler and --workers: the one is a cluster elsewhere, the other one on this machine")
    if options.at_a_time and (options.scheduler or options.workers):
        found.append("--jobs is for this machine's own processes; a Dask cluster has as many jobs as workers")
    if options.memory and options.scheduler:
        found.append("--memory is for this machine; `dask worker` says --resources memory=16 for its own")
    return found


def refuse(options: Options) -> None:
    """Raises `ArgumentsError` for what does not go together."""
    if found := problems(options):
        raise ArgumentsError(found)


def shown(made: Summary, options: Options) -> RenderableType:
    """A line for each job, the reasons for what is not passed, and where the report is."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("job", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    for column in ("artifacts", "least dB (required)", "sizes", "time", "memory"):
        table.add_column(column, justify="right", no_wrap=True)
    for job in made.jobs:
        table.add_row(*_cells(job))
    title = Text(f"{words.MARKS[made.verdict]} {headline(made)}.", style=STYLES[made.verdict])
    reasons = [part for job in made.jobs if job.verdict != "passed" for part in _reason(job, options)]
    where = Text(f"report   {options.out / REPORT / 'index.html'}")
    return Group(Text(), title, Text(), table, *([Text(), *reasons] if reasons else []), Text(), where)


def _cells(job: JobRecord) -> tuple[Text | str, ...]:
    return (
        Text(clean(job.name)),
        Text(f"{words.MARKS[job.verdict]} {words.NAMES[job.verdict]}", style=STYLES[job.verdict]),
        artifacts(job),
        room(job),
        sizes(job),
        words.seconds(job.seconds) if job.seconds is not None else "–",
        words.size(job.peak_bytes),
    )


def _reason(job: JobRecord, options: Options) -> list[RenderableType]:
    head = Text(f"{words.MARKS[job.verdict]} {words.NAMES[job.verdict]}", style=STYLES[job.verdict])
    lines = [job.headline]
    if job.folder is not None:
        lines.append(f"report: {options.out / job.folder / 'report' / 'index.html'}")
    elif job.log is not None:
        lines.append(f"log: {options.out / job.log}")
    return [
        head.append(f"  {clean(job.name)}", style="default not bold"),
        *(Padding(Text(clean(line)), (0, 0, 0, 4)) for line in lines),
    ]
