"""What tests/cache sends to other processes; imported there by name."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from deploykit.errors import LoweringError, StoppedError


def shout(source: Path, folder: Path, marks: int) -> tuple[Path, str]:
    """Writes a file, prints, and notes in the user's folder that it ran."""
    print("shouting", flush=True)
    made = folder / "loud.txt"
    made.write_text(source.read_text().upper() + "!" * marks)
    return made, made.read_text()


def fails(source: Path) -> None:
    print("failing", flush=True)
    raise LoweringError(f"no op {source.read_text()}")


def stopped() -> None:
    raise StoppedError("stopped after 600 s")


def users(file: Path) -> str:
    """Runs a file of the user's, as capture does."""
    sys.dont_write_bytecode = True
    names: dict[str, object] = {"__file__": str(file)}
    exec(compile(file.read_text(), str(file), "exec"), names)
    return str(names["answer"])


def slow(folder: Path, number: int) -> int:
    """Writes a megabyte."""
    (folder / "data").write_bytes(number.to_bytes(4, "little") * 250_000)
    time.sleep(0.01)
    return number
