"""The kept road at fp16, by way of its file at fp32."""

from __future__ import annotations

import shutil
import time
import traceback
from pathlib import Path
from pkgutil import resolve_name

from deploykit.backends import BACKENDS
from deploykit.backends.base import LowerRequest
from deploykit.errors import DeploykitError, LoweringError, StoppedError
from deploykit.work.lower import starved, told


def narrow(
    backend: str, road: str, twin: Path, used: tuple[str, ...], request: LowerRequest
) -> tuple[Path, tuple[str, ...], float]:
    """Gives what `deploykit.work.lower.lower` gives, without lowering again.

    Args:
        backend: its name.
        road: its name; its row in the table says how.
        twin: the file at fp32.
        used: the rewrites that it took.
        request: what the road would be asked for.

    Raises:
        LoweringError: as `lower`.
        StoppedError: as `lower`.
    """
    start = time.monotonic()
    entry = next(entry for entry in BACKENDS[backend].roads if entry.name == road)
    try:
        path = Path(shutil.copyfile(twin, request.folder / twin.name))
        resolve_name(entry.narrow)(path)
        return path, used, round(time.monotonic() - start, 3)
    except DeploykitError:
        raise
    except Exception as error:
        # A quantizer may raise anything, too.
        traceback.print_exc()
        raise (StoppedError if starved(error) else LoweringError)(told(error)) from error
