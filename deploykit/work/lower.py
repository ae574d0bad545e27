"""One road at one precision."""

from __future__ import annotations

import time
import traceback
from pathlib import Path

from deploykit.backends import BACKENDS
from deploykit.backends.base import LowerRequest
from deploykit.errors import DeploykitError, LoweringError


def lower(backend: str, road: str, program: Path, request: LowerRequest) -> tuple[Path, tuple[str, ...], float]:
    """Gives the file that a road wrote, the rewrites that it took, and the seconds.

    Raises:
        LoweringError: with the first line of what the converter raised; the traceback is printed.
    """
    start = time.monotonic()
    import torch

    from deploykit.prepare.rewriting import rewrite

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
        first = (str(error).strip() or "no message").splitlines()[0]
        raise LoweringError(f"{type(error).__name__}: {first}") from error
