"""One road at one precision."""

from __future__ import annotations

import re
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploykit.backends import BACKENDS
from deploykit.backends.base import LowerRequest
from deploykit.errors import DeploykitError, LoweringError

LONGEST = 300
"""Characters of a converter's message that go into the report; the log has all."""

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def lower(backend: str, road: str, program: Path, request: LowerRequest) -> tuple[Path, tuple[str, ...], float]:
    """Gives the file that a road wrote, the rewrites that it took, and the seconds.

    Raises:
        LoweringError: with what the converter raised, on one line; the traceback is printed.
    """
    start = time.monotonic()
    import torch

    from deploykit.prepare.rewriting import rewrite

    entry = next(entry for entry in BACKENDS[backend].roads if entry.name == road)
    with lowering():
        prepared, used = rewrite(torch.export.load(program), entry.rewrites)
        file = entry.function(prepared, request)
        return file, used, round(time.monotonic() - start, 3)


@contextmanager
def lowering() -> Iterator[None]:
    """Whatever a converter raises, as a LoweringError of one line; the traceback is printed."""
    try:
        yield
    except DeploykitError:
        raise
    except Exception as error:
        # A converter may raise anything: the traceback is for the log, the reason for the report.
        traceback.print_exc()
        raise LoweringError(told(error)) from error


def told(error: BaseException) -> str:
    """The first line of an error, and of the one at its root: exporters wrap what really happened."""
    root = error
    while root.__cause__ is not None:
        root = root.__cause__
    return " ← ".join(dict.fromkeys(_first(each) for each in (error, root)))


def _first(error: BaseException) -> str:
    lines = _COLOURS.sub("", str(error)).strip().splitlines() or ["no message"]
    return f"{type(error).__name__}: {lines[0][:LONGEST]}"
