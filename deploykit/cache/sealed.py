"""JSON files that carry a digest of themselves: whole, or not at all, or told as damaged."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PART = ".part"
"""How a file's name ends until it is whole; a kill leaves it behind."""


def write(path: Path, values: Mapping[str, Any]) -> None:
    """A JSON file with a digest of itself: written beside its place, synced and renamed.

    Raises:
        OSError: if it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    body = json.dumps(values, sort_keys=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=PART)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{hashlib.sha256(body.encode()).hexdigest()}\n{body}\n")
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)


def read(path: Path) -> dict[str, Any]:
    """What `write` wrote.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is damaged.
    """
    digest, _, body = path.read_text(encoding="utf-8").partition("\n")
    if hashlib.sha256(body.removesuffix("\n").encode()).hexdigest() != digest:
        raise ValueError(f"{path} is damaged")
    values: dict[str, Any] = json.loads(body)
    return values
