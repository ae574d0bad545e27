"""JSON files from elsewhere: checked, nothing coerced, faults told with their place."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from deploykit.errors import ImportedError
from deploykit.report.words import clean

MOST_BYTES = 1 << 30
"""Of a `results.json`. The kit is chosen so that it stays far smaller."""

TOLD = 5
"""Of a file's faults, so many are told."""

File = TypeVar("File", bound=BaseModel)


def read(file: Path, kind: type[File], hint: str) -> File:
    """A JSON file, checked; nothing is coerced.

    Args:
        file: where it is.
        kind: what it has to be.
        hint: where such a file comes from, for a reader who has none.

    Raises:
        ImportedError: naming the places of what is wrong.
    """
    try:
        return kind.model_validate_json(content(file, hint), strict=True)
    except ValidationError as error:
        told = [f"{'.'.join(map(str, e['loc'])) or 'the file'}: {e['msg']}" for e in error.errors()[:TOLD]]
        more = [f"and {error.error_count() - TOLD} more"] if error.error_count() > TOLD else []
        raise ImportedError(clean("\n  ".join([f"{file} is damaged; nothing was imported", *told, *more]))) from None


def content(file: Path, hint: str) -> bytes:
    """What is in a file.

    Raises:
        ImportedError: if it cannot be read, or is larger than anything that is imported.
    """
    try:
        if file.stat().st_size > MOST_BYTES:
            raise ImportedError(f"{file} has more than {MOST_BYTES >> 20} MiB; nothing that is imported is that large")
        return file.read_bytes()
    except FileNotFoundError:
        raise ImportedError(f"{file} does not exist; {hint}") from None
    except OSError as error:
        raise ImportedError(f"{file}: {error.strerror or error}") from None
