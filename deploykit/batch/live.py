"""What is shown while a batch runs: on a terminal a table of what runs, elsewhere a line for each job that ends."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live as Screen
from rich.table import Table
from rich.text import Text

from deploykit.batch.job import Order
from deploykit.batch.journal import Entry
from deploykit.report.words import clean, seconds

TAIL = 4096
"""Bytes of a log in which its last line is looked for."""

Running = Sequence[tuple[Order, Entry | None]]


class Live:
    """Follows a batch."""

    def __init__(self, console: Console | None, jobs: int, rest: int) -> None:
        """Begins with nothing done of what is left.

        Args:
            console: where it is shown; None for nowhere.
            jobs: of the batch.
            rest: of them that are not done yet.
        """
        self._console = console or Console(quiet=True)
        self._jobs, self._rest, self._ended = jobs, rest, 0
        self._fleet = ""
        self._since: dict[str, float] = {}
        self._screen = Screen(console=self._console, transient=True, auto_refresh=False)

    def __enter__(self) -> Self:
        if done := self._jobs - self._rest:
            self._console.print(f"{done} of {self._jobs} jobs are done already, on the same files")
        if self._console.is_terminal:
            self._screen.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._screen.stop()

    def at(self, fleet: str) -> None:
        """Where the jobs run."""
        self._fleet = fleet
        self._console.print(f"{self._rest} to build on {fleet}", soft_wrap=True)

    def update(self, running: Running) -> None:
        """Draws the table anew."""
        for order, entry in running:
            if entry is not None and entry.state == "running":
                self._since.setdefault(order.job.name, time.monotonic())
        if self._console.is_terminal:
            self._screen.update(self._table(running), refresh=True)

    def note(self, order: Order, text: str) -> None:
        """Something that happened to a job, which goes on."""
        self._since.pop(order.job.name, None)
        self._console.print(Text(clean(f"{order.job.name}: {text}")), soft_wrap=True)

    def ended(self, order: Order, entry: Entry) -> None:
        """A job came to its end."""
        self._since.pop(order.job.name, None)
        self._ended += 1
        took = f" in {seconds(entry.seconds)}" if entry.seconds is not None else ""
        how, style = ("✓ passed", "green") if entry.code == 0 else ("✗ failed", "bold red")
        first = entry.reason.partition("\n")[0]
        line = Text(f"{self._ended:>{len(str(self._rest))}}/{self._rest} ").append(how, style=style)
        line.append(clean(f" {order.job.name}{took}{': ' + first if first else ''}"))
        self._console.print(line, soft_wrap=True)

    def _table(self, running: Running) -> Table:
        left = self._rest - self._ended - len(running)
        table = Table(
            box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False, title_justify="left", title_style=""
        )
        table.title = f"{self._ended} of {self._rest} ended, {left} wait"
        for column in ("job", "on", "since"):
            table.add_column(column, no_wrap=True)
        table.add_column("says", overflow="ellipsis", no_wrap=True)
        for order, entry in running:
            began = self._since.get(order.job.name)
            if entry is None or began is None:
                table.add_row(Text(order.job.name), "", "", Text("waits for a worker", style="dim"))
                continue
            again = f" (try {entry.tries})" if entry.tries > 1 else ""
            since = seconds(float(round(time.monotonic() - began)))
            table.add_row(Text(order.job.name), Text(clean(entry.where)), since + again, Text(_last_line(order)))
        return table


def _last_line(order: Order) -> str:
    """Of the log: as a rule the stage that has ended last."""
    try:
        with order.log.open("rb") as log:
            log.seek(0, 2)
            log.seek(max(0, log.tell() - TAIL))
            lines = log.read().decode("utf-8", "replace").split("\n")
    except OSError:
        return ""
    return clean(next((line for line in reversed(lines) if line.strip()), ""))
