"""All networks of the zoo, by name."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from deploykit.errors import SpecError
from deploykit.zoo.entry import ZooEntry, name_of, read_entry

FOLDER = Path(__file__).parent


@cache
def files() -> dict[str, Path]:
    """Where each entry stands, by name; nothing is read."""
    return {name_of(file): file for file in sorted(FOLDER.glob("*/*.py")) if not file.name.startswith("_")}


def entries() -> tuple[ZooEntry, ...]:
    """All of them, by task and name."""
    found = [read_entry(file) for file in files().values()]
    return tuple(sorted(found, key=lambda entry: (entry.folder, entry.name)))


def find(names: Sequence[str]) -> tuple[ZooEntry, ...]:
    """Entries by name; a name that ends in `.py` is a file's that has one.

    Raises:
        SpecError: naming every name that there is not, with the nearest ones.
    """
    if unknown := [name for name in names if not name.endswith(".py") and name not in files()]:
        raise SpecError([f"the zoo has no {name!r}; {_nearest(name)}" for name in unknown])
    return tuple(read_entry(files()[name] if not name.endswith(".py") else Path(name)) for name in names)


def _nearest(name: str) -> str:
    close = difflib.get_close_matches(name.lower(), files(), n=4, cutoff=0.5)
    close = close or [each for each in files() if name.lower() in each][:4]
    return f"near are: {', '.join(close)}" if close else "deploykit zoo list shows all"
