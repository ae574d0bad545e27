"""Writes a rendered SDK: the text files, the verbatim ones, the model and the goldens."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from deploykit.errors import CodegenError


@dataclass(frozen=True)
class OutputFile:
    """One file of an SDK: rendered `text`, or a `source` (file or folder) that is copied verbatim."""

    path: PurePosixPath
    text: str | None = None
    source: Path | None = None


def write_tree(files: Iterable[OutputFile], root: Path) -> None:
    """Writes `files` under `root`, which must not exist yet. Text is UTF-8.

    Raises:
        CodegenError: if two files have the same path, or a path leaves `root`.
    """
    seen: set[PurePosixPath] = set()
    for file in files:
        if file.path in seen or file.path.is_absolute() or ".." in file.path.parts:
            raise CodegenError(
                f"{file.path} is written twice or leaves the SDK; this is a defect of deploykit's FILES table"
            )
        seen.add(file.path)
        target = root / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.text is not None:
            target.write_bytes(file.text.encode("utf-8"))
        elif file.source is not None and file.source.is_dir():
            shutil.copytree(file.source, target, copy_function=shutil.copyfile)
        elif file.source is not None:
            shutil.copyfile(file.source, target)
        if file.path.name == "gradlew":
            target.chmod(0o755)
