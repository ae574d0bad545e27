"""TOML files that people write: read with the line of each key, so that an error can name it and the nearest name."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from deploykit.errors import SpecError

Tables = Mapping[tuple[str, ...], type[BaseModel]]
"""Which pydantic model validates which table; "*" stands for a name that the user chose."""


def read_toml(file: Path, missing: str) -> tuple[dict[str, Any], Lines]:
    """What a file holds, and where its keys stand.

    Args:
        file: to read.
        missing: what to do where there is no such file.

    Raises:
        SpecError: if it is not there, not UTF-8, or not TOML.
    """
    return parse_toml(file, read_text(file, missing))


def read_text(file: Path, missing: str) -> str:
    """A file that the user wrote.

    Args:
        file: to read.
        missing: what to do where there is no such file.

    Raises:
        SpecError: if it is not there, or not UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SpecError([f"{file}: no such file; {missing}"]) from None
    except UnicodeDecodeError as error:
        raise SpecError([f"{file}: not UTF-8 text ({error.reason} at byte {error.start})"]) from None
    except OSError as error:
        raise SpecError([f"{file}: cannot be read: {error.strerror or error}"]) from None


def parse_toml(file: Path, text: str) -> tuple[dict[str, Any], Lines]:
    """What a text holds, and where its keys stand.

    Args:
        file: where it is from; each line at its place.
        text: TOML.

    Raises:
        SpecError: if it is not TOML.
    """
    try:
        return tomllib.loads(text), Lines(file, text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError([f"{file}: not valid TOML: {error}"]) from None


def nearest(name: str, valid: Collection[str]) -> str:
    """`did you mean "x"?`, or the list of what would be valid."""
    close = difflib.get_close_matches(str(name), list(valid), n=1, cutoff=0.6)
    return f'did you mean "{close[0]}"?' if close else f"valid are: {', '.join(sorted(valid))}"


class Lines:
    """Finds the line of a key. tomllib keeps no positions, so headers and keys are read off the text once more."""

    _HEADER = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?")
    _KEY = re.compile(r"""\s*([A-Za-z0-9_\-."']+)\s*=""")

    def __init__(self, file: Path, text: str) -> None:
        self._file = file
        self._line: dict[tuple[str, ...], int] = {}
        table: tuple[str, ...] = ()
        for number, line in enumerate(text.splitlines(), start=1):
            if header := self._HEADER.match(line):
                table = self._parts(header.group(1))
                self._line.setdefault(table, number)
            elif key := self._KEY.match(line):
                self._line.setdefault(table + self._parts(key.group(1)), number)

    @staticmethod
    def _parts(dotted: str) -> tuple[str, ...]:
        return tuple(part.strip().strip("\"'") for part in dotted.split("."))

    def at(self, path: tuple[str, ...]) -> str:
        """`file:line` of a key, or of the nearest table inside or around it."""
        while path:
            if inside := [line for key, line in self._line.items() if key[: len(path)] == path]:
                return f"{self._file}:{self._line.get(path, min(inside))}"
            path = path[:-1]
        return str(self._file)


def explain(problem: ErrorDetails, path: tuple[str, ...], where: str, valid: Collection[str]) -> str:
    """One of pydantic's errors, for whoever wrote the file.

    Args:
        problem: as pydantic tells it.
        path: of the key in the file.
        where: its file and line.
        valid: keys that its table may have; needed where it has one too many.
    """
    name = ".".join(path)
    match problem["type"]:
        case "extra_forbidden":
            table = "[" + ".".join(path[:-1]) + "]" if path[:-1] else "the top level"
            return f"{where}: {table} has no key {path[-1]!r}; {nearest(path[-1], valid)}"
        case "missing":
            what = f"[{name}] is missing" if len(path) == 1 else f"{name} is missing"
            return f"{where}: {what}; it has to be given"
        case "value_error":
            return f"{where}: {name + ': ' if name else ''}{problem.get('ctx', {}).get('error', problem['msg'])}"
        case _:
            return f"{where}: {name} = {problem['input']!r}: {problem['msg'][0].lower()}{problem['msg'][1:]}"


def valid_keys(table: tuple[str, ...], tables: Tables) -> list[str]:
    """The keys that a table may have.

    Raises:
        KeyError: if no model is for it.
    """
    for pattern, model in tables.items():
        if len(pattern) == len(table) and all(p in ("*", part) for p, part in zip(pattern, table, strict=True)):
            return list(model.model_fields)
    raise KeyError(f"there is no row for {table}")
