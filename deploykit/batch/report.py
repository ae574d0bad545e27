"""The report of a batch: `report.json`, and what is made from it."""

from __future__ import annotations

from pathlib import Path

from deploykit.batch.junit import junit
from deploykit.batch.page import html
from deploykit.batch.records import Summary


def write(folder: Path, made: Summary) -> None:
    """Writes it, each file whole or not at all.

    Raises:
        OSError: if it cannot be written.
    """
    texts = {"report.json": made.model_dump_json(indent=2) + "\n", "index.html": html(made), "junit.xml": junit(made)}
    for name, text in texts.items():
        part = folder / f".{name}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(folder / name)
