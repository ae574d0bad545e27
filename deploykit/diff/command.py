"""`deploykit diff`: what a new build changes for the app.

What an app can name is read from the sources in both SDKs, not from a dump that the build would have to write: so a
build of any day can be compared, and what is read is what the app compiles.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from deploykit.diff import api, contract, measured
from deploykit.diff.builds import read_builds
from deploykit.diff.changes import GROUPS, Change, Diff, Effect
from deploykit.report.words import clean, count

MARKS: dict[Effect, str] = {"breaking": "✗", "changed": "~", "compatible": "+"}
STYLES: dict[Effect, str] = {"breaking": "bold red", "changed": "yellow", "compatible": "green"}


def diff(old: Path, new: Path) -> Diff:
    """What the build in `new` changes for an app that was made with the one in `old`.

    Raises:
        ArgumentsError: naming everything in both folders that is missing or cannot be read.
    """
    before, after = read_builds((old, new))
    parts = (contract.compare, api.compare, measured.sizes, measured.numbers, measured.runtime)
    return Diff(str(old), str(new), tuple(change for part in parts for change in part(before, after)))


def as_json(found: Diff) -> str:
    """Everything, and whether an app breaks."""
    data = {"old": found.old, "new": found.new, "breaking": bool(found.breaking)}
    return json.dumps(data | {"changes": [asdict(change) for change in found.changes]}, indent=2, ensure_ascii=False)


def shown(found: Diff) -> RenderableType:
    """One line that says whether an app breaks, then the changes in groups."""
    return Lines(_headline(found), *(part for name in GROUPS for part in _group(found, name)))


def _headline(found: Diff) -> Text:
    if breaking := len(found.breaking):
        others = len(found.changes) - breaking
        more = f"; {count(others, 'other change')}" if others else ""
        breaks = "breaks" if breaking == 1 else "break"
        text = (
            f"{MARKS['breaking']} {count(breaking, 'change')} {breaks} an app that was made with the old build{more}."
        )
        return Text(clean(text), style=STYLES["breaking"])
    if not found.changes:
        return Text("✓ Nothing changes for an app.", style="green")
    return Text(f"✓ Nothing breaks an app; {count(len(found.changes), 'change')}.", style="green")


def _group(found: Diff, name: str) -> Iterator[RenderableType]:
    changes = [change for change in found.changes if change.group == name]
    if not changes:
        return
    yield Text()
    yield Text(name, style="bold")
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    # Nothing is said of a place where all changes are the model's.
    if placed := any(change.where for change in changes):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for change in changes:
        table.add_row(*_cells(change, placed))
    yield table


def _cells(change: Change, placed: bool) -> tuple[Text, ...]:
    mark = Text(f"{MARKS[change.effect]} {change.effect}", style=STYLES[change.effect])
    where = (Text(clean(change.where)),) if placed else ()
    return mark, *where, Text(clean(change.text))
