"""Text in the tables of pages."""

from __future__ import annotations

MOST = 240


def cell(text: str) -> str:
    """Any text on one line of a table's cell, cut after `MOST` characters."""
    return " ".join(text.split())[:MOST].replace("|", "\\|").replace("<", "&lt;")
