"""`deploykit cache`: what is in the cache, whether it is whole, and how to be rid of it."""

from __future__ import annotations

import time

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from deploykit.cache.limit import LIMIT, default_limit
from deploykit.cache.store import Entry, default_store
from deploykit.report.words import count, size


def show() -> RenderableType:
    """Every model's entries by kind, with size and when they were last of use."""
    store = default_store()
    entries = store.entries()
    if not entries:
        return Text(f"{store.folder} is empty")
    table = Table("model", "job", "kept", "size", "took", "last used", box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for column in (2, 3, 4):
        table.columns[column].justify = "right"
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        record = entry.record
        groups.setdefault((record.model, record.name.split()[0]) if record else ("damaged", ""), []).append(entry)
    for (model, kind), group in sorted(groups.items()):
        records = [entry.record for entry in group if entry.record is not None]
        table.add_row(
            Text(model, overflow="fold"),
            kind,
            str(len(group)),
            size(sum(record.bytes for record in records)),
            f"{sum(record.seconds for record in records):.0f} s",
            _ago(max(entry.used for entry in group)),
        )
    total = f"{count(len(entries), 'entry', 'entries')}, {size(store.size())} on disk, in {store.folder}"
    limit = f"It may have {size(default_limit())} ({LIMIT}): what was not used for longest goes first."
    return Group(table, Text(), Text(total), Text(limit, style="dim"))


def verify() -> tuple[RenderableType, bool]:
    """Checks every entry against its digests; gives what was found, and whether all are whole."""
    store = default_store()
    total = len(store.entries())
    wrong = store.verify()
    if not wrong:
        return Text(f"✓ {count(total, 'entry', 'entries')} in {store.folder}: every digest is right", "green"), True
    lines = [Text(f"✗ {_named(entry)}: {problem}; removed", "bold red") for entry, problem in wrong]
    left = (
        f"{count(total - len(wrong), 'other entry is', 'other entries are')} whole. Builds do again what was removed."
    )
    return Group(*lines, Text(left)), False


def clear() -> RenderableType:
    """Removes everything."""
    store = default_store()
    total, held = len(store.entries()), store.size()
    store.clear()
    return Text(f"removed {count(total, 'entry', 'entries')}, {size(held)}, from {store.folder}")


def _named(entry: Entry) -> str:
    return f"{entry.record.model}, {entry.record.name}" if entry.record else entry.path.name


def _ago(then: float) -> str:
    seconds = time.time() - then
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            return f"{count(int(seconds // length), unit)} ago"
    return "just now"
