"""One road at one precision."""

from __future__ import annotations

import re
import time
import traceback
from pathlib import Path

from deploykit.backends import BACKENDS
from deploykit.backends.base import LowerRequest
from deploykit.errors import DeploykitError, LoweringError, StoppedError

LONGEST = 300
"""Characters of a converter's message that go into the report; the log has all."""

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def lower(backend: str, road: str, program: Path, request: LowerRequest) -> tuple[Path, tuple[str, ...], float]:
    """Gives the file that a road wrote, the rewrites that it took, and the seconds.

    Raises:
        LoweringError: with what the converter raised, on one line; the traceback is printed.
        StoppedError: if it was memory or the disk that it lacked.
    """
    start = time.monotonic()
    import torch

    from deploykit.prepare.rewriting import rewrite
    from deploykit.work import provenance

    provenance.share()
    entry = next(entry for entry in BACKENDS[backend].roads if entry.name == road)
    try:
        prepared, used = rewrite(torch.export.load(program), entry.rewrites)
        file = entry.function(prepared, request)
        return file, used, round(time.monotonic() - start, 3)
    except DeploykitError:
        raise
    except Exception as error:
        # A converter may raise anything: the traceback is for the log, the reason for the report.
        traceback.print_exc()
        raise (StoppedError if starved(error) else LoweringError)(told(error)) from error


def starved(error: BaseException | None) -> bool:
    """Whether it is the machine that gave out; torch says it in words only."""
    while error is not None:
        if isinstance(error, MemoryError | OSError) or "alloc" in str(error).lower():
            return True
        error = error.__cause__ or error.__context__
    return False


def told(error: BaseException) -> str:
    """The first line of an error, and of the one at its root: exporters wrap what really happened."""
    root = error
    while root.__cause__ is not None:
        root = root.__cause__
    return " ← ".join(dict.fromkeys(_first(each) for each in (error, root)))


def _first(error: BaseException) -> str:
    lines = _COLOURS.sub("", str(error)).strip().splitlines() or ["no message"]
    return f"{type(error).__name__}: {lines[0][:LONGEST]}"
