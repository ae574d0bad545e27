"""What the user points at on the command line: a `deploykit.toml`, a folder that has one, a network of the zoo, or just
an entry.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from deploykit.errors import SpecError
from deploykit.project import CONFIG, Entry, Project, read_project
from deploykit.spec import ModelSpec

ZOO, TRAINED = "zoo:", "+pretrained"
"""Of a network of the zoo: `zoo:mobileone`, `zoo:mobileone+pretrained`."""


def read_source(text: str | None) -> Project | Entry:
    """Reads the project, or takes an entry as it is; a file of an entry may lie anywhere.

    Args:
        text: a path, an entry, `zoo:NAME`, or None for `deploykit.toml` in the working folder.

    Raises:
        SpecError: if it is neither, or the project is not valid.
    """
    if text is None:
        if not Path(CONFIG).exists():
            raise SpecError(
                [f"no {CONFIG} here; give one, or an entry such as path.py:factory, or run `deploykit init ENTRY`"]
            )
        return read_project(Path(CONFIG))
    if text.startswith(ZOO):
        from deploykit.zoo.catalogue import find

        (entry,) = find([text.removeprefix(ZOO).removesuffix(TRAINED)])
        return entry.with_weights(pretrained=text.endswith(TRAINED))
    path = Path(text)
    if path.is_dir():
        return read_project(path / CONFIG)
    if path.suffix == ".toml":
        return read_project(path)
    head, _, factory = text.rpartition(":")
    root = Path(head).parent if head.endswith(".py") else Path()
    try:
        return Entry(root, ModelSpec(entry=f"{Path(head).name}:{factory}" if head.endswith(".py") else text))
    except ValidationError as error:
        raise SpecError([f"{text}: {e.get('ctx', {}).get('error', e['msg'])}" for e in error.errors()]) from None


def default_out(source: Project | Entry, text: str | None) -> Path:
    """`build/` beside the config, or in the working folder; for a network of the zoo a folder of its own in there."""
    if text is not None and text.startswith(ZOO) and isinstance(source, Project):
        return Path("build") / source.name
    return (source.root if isinstance(source, Project) else Path()) / "build"
