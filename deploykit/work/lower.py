"""One lowering: a backend's roads, in order."""

from __future__ import annotations

import shutil
import time
import traceback
from pathlib import Path

from deploykit.backends import BACKENDS
from deploykit.backends.base import LowerRequest
from deploykit.errors import UnavailableError
from deploykit.manifest import RoadRecord


def lower(backend: str, program: Path, request: LowerRequest) -> tuple[str | None, tuple[RoadRecord, ...], Path | None]:
    """Tries a backend's roads in order; gives the one that was kept, what each did, and the file.

    The first road that leads to a file ends the search: whether the file is right is judged on what it computes.
    """
    import torch

    from deploykit.prepare.rewriting import rewrite

    exported = torch.export.load(program)
    kept: tuple[str | None, Path | None] = (None, None)
    records = []
    for road in BACKENDS[backend].roads:
        name = road.name
        if kept[0] is not None:
            records.append(RoadRecord(road=name, outcome="not tried", reason=f"{kept[0]} was kept"))
            continue
        start = time.monotonic()
        try:
            prepared, used = rewrite(exported, road.rewrites)
            kept = name, road.function(prepared, request)
            records.append(RoadRecord(road=name, outcome="kept", rewrites=used, seconds=_since(start)))
        except UnavailableError as error:
            records.append(RoadRecord(road=name, outcome="not available", reason=str(error), seconds=_since(start)))
        except Exception as error:
            # A converter may raise anything: the traceback is for the log, the reason for the report.
            traceback.print_exc()
            first = (str(error).strip() or "no message").splitlines()[0]
            reason = f"{type(error).__name__}: {first}"
            records.append(RoadRecord(road=name, outcome="failed", reason=reason, seconds=_since(start)))
            for left in request.folder.iterdir():
                shutil.rmtree(left) if left.is_dir() else left.unlink()
    return kept[0], tuple(records), kept[1]


def _since(start: float) -> float:
    return round(time.monotonic() - start, 3)
