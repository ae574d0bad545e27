"""What `deploykit zoo` does beside building."""

from __future__ import annotations

import re
from pathlib import Path

from rich.console import RenderableType
from rich.text import Text

from deploykit.errors import ArgumentsError, OutputError
from deploykit.render import render
from deploykit.tomlfile import nearest
from deploykit.tradeoff import parse_size
from deploykit.zoo import show
from deploykit.zoo.catalogue import entries, find
from deploykit.zoo.entry import ZooEntry
from deploykit.zoo.measured import Measured, all_measured
from deploykit.zoo.sdks import all_sdks


def listed(task: str | None, max_size: str | None) -> tuple[ZooEntry, ...]:
    """Networks of a task whose smallest right artifact is no larger.

    Raises:
        ArgumentsError: if there is no such task, or the size is none.
    """
    found = entries()
    tasks = {entry.folder for entry in found}
    if task is not None and task not in tasks:
        raise ArgumentsError([f"the zoo has no task {task!r}; {nearest(task, tasks)}"])
    if task is not None:
        found = tuple(entry for entry in found if entry.folder == task)
    if max_size is not None:
        limit, measured = parse_size(max_size), all_measured()
        found = tuple(entry for entry in found if _smallest(measured.get(entry.name)) <= limit)
    return found


def table(found: tuple[ZooEntry, ...]) -> RenderableType:
    """One line a network."""
    if not found:
        return Text("No network is that small; those that were not measured are left out with --max-size.")
    return show.table(found, all_measured())


def as_json(found: tuple[ZooEntry, ...]) -> str:
    """The same for programs."""
    return show.as_json(found, all_measured(), all_sdks())


def page(name: str) -> RenderableType:
    """Everything about one network.

    Raises:
        SpecError: if there is no such network.
    """
    (entry,) = find([name])
    return show.page(entry, all_measured().get(entry.name), all_sdks().get(entry.name))


def new(name: str, folder: Path) -> Path:
    """Writes an entry to be filled in.

    Raises:
        ArgumentsError: if the name is none.
        OutputError: if the file is there already.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise ArgumentsError([f"{name!r} is no name of a network; use lowercase letters, digits and - between them"])
    file = folder / f"{name.replace('-', '_')}.py"
    if file.exists():
        raise OutputError(f"{file} exists; delete it first, or choose another name")
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(render("zoo/entry.py.jinja", None, name=name), encoding="utf-8")
    return file


def _smallest(found: Measured | None) -> float:
    sizes = [each.bytes for each in found.artifacts if each.verdict == "passed" and each.bytes] if found else []
    return min(sizes, default=float("inf"))
