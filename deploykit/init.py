"""`deploykit init`: looks at a model and writes a commented `deploykit.toml`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from deploykit.errors import OutputError
from deploykit.jobs import IsolatedPool, logged
from deploykit.project import Entry
from deploykit.render import render
from deploykit.source import read_source
from deploykit.spec import ModelSpec
from deploykit.work.capture import propose


def write_config(entry: str, to: Path) -> list[Path]:
    """Writes the config, and for a classifier a label file to be filled in; gives the files written.

    Raises:
        UserError: if the entry is wrong, or a file is there already.
    """
    labels = to.parent / "labels.txt"
    if to.exists():
        raise OutputError(f"{to} exists; delete it first, or choose another --out")
    source = read_source(entry)
    if not isinstance(source, Entry):
        raise OutputError(f"{entry} is a config; init takes an entry such as path.py:factory")
    with tempfile.TemporaryDirectory() as scratch, IsolatedPool(1) as pool:
        spec, classes = pool.submit(logged, Path(scratch) / "log", propose, source).result()
    spec = spec.model_copy(update={"model": ModelSpec(entry=_entry_seen_from(to.parent, entry, source))})
    written = [to]
    if classes and not labels.exists():
        labels.write_text("".join(f"class {i}\n" for i in range(classes)), encoding="utf-8")
        written.append(labels)
    to.write_text(render("project/deploykit.toml.jinja", spec), encoding="utf-8")
    return written


def _entry_seen_from(folder: Path, entry: str, source: Entry) -> str:
    """Paths in a config are relative to it and do not leave its folder."""
    file, _, factory = source.model.entry.rpartition(":")
    if not file.endswith(".py"):
        return entry
    path = (source.root / file).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise OutputError(
            f"{path} is not in the config's folder {folder.resolve()}; write the config beside it with --out"
        )
    return f"{path.relative_to(folder.resolve()).as_posix()}:{factory}"
