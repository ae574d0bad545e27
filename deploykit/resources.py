"""Where `templates/` and `targets/` lie: inside the wheel, or at the top of the repository in an editable install."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The data folder `name` ("templates" or "targets").

    Raises:
        FileNotFoundError: if neither place has it, which means a broken installation.
    """
    for candidate in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"deploykit's {name}/ folder is missing from {_PACKAGE}: reinstall deploykit")
