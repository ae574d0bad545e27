"""SHA-256 of files, folders and plain data."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel


def measure(path: Path) -> tuple[int, str]:
    """Bytes and SHA-256 of a file; of a folder, over the relative names and contents of its files in order."""
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        if path.is_dir():
            digest.update(f"{file.relative_to(path).as_posix()}\n{file.stat().st_size}\n".encode())
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return sum(file.stat().st_size for file in files), digest.hexdigest()


def of_file(path: Path) -> str | None:
    """Of a file's content; None if there is no such file, or it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


def of_names(folder: Path) -> str | None:
    """Of the names in a folder; None if there is no such folder. What Python and a build leave there does not count."""
    try:
        return of(sorted(p.name for p in folder.iterdir() if p.name != "__pycache__" and ".deploykit-" not in p.name))
    except OSError:
        return None


def of(value: object) -> str:
    """Of plain data. The order of a dictionary counts: that of inputs and outputs means something."""
    return hashlib.sha256(json.dumps(value, separators=(",", ":")).encode()).hexdigest()


def plain(value: object) -> Any:
    """Dataclasses, pydantic models, tuples and paths as what JSON knows; a path becomes absolute.

    Raises:
        TypeError: at anything else: a digest must not leave out what it does not understand.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Path):
        return str(value.absolute())
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    raise TypeError(f"a {type(value).__name__} has no plain form")
