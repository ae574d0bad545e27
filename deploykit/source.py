"""What the user points at on the command line: a `deploykit.toml`, a folder that has one, or just an entry."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from deploykit.errors import SpecError
from deploykit.project import CONFIG, Project, read_project
from deploykit.spec import ModelSpec


def read_source(text: str | None) -> Project | ModelSpec:
    """Reads the project, or makes a bare `[model]` of an entry.

    Args:
        text: a path, an entry, or None for `deploykit.toml` in the working folder.

    Raises:
        SpecError: if it is neither, or the project is not valid.
    """
    if text is None:
        if not Path(CONFIG).exists():
            raise SpecError(
                [f"no {CONFIG} here; give one, or an entry such as path.py:factory, or run `deploykit init ENTRY`"]
            )
        return read_project(Path(CONFIG))
    path = Path(text)
    if path.is_dir():
        return read_project(path / CONFIG)
    if path.suffix == ".toml":
        return read_project(path)
    try:
        return ModelSpec(entry=text)
    except ValidationError as error:
        raise SpecError([f"{text}: {e.get('ctx', {}).get('error', e['msg'])}" for e in error.errors()]) from None


def default_out(source: Project | ModelSpec) -> Path:
    """`build/` beside the config, or in the working folder."""
    return (source.root if isinstance(source, Project) else Path()) / "build"
