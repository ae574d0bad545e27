"""Golden files: compared, or written anew with `DEPLOYKIT_GOLDEN=write`."""

from __future__ import annotations

import os
from pathlib import Path


def check_golden(file: Path, text: str) -> None:
    if os.environ.get("DEPLOYKIT_GOLDEN") == "write":
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text
