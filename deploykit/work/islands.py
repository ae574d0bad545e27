"""Ops whose values leave fp16's range: seen on the file at fp32, before one at fp16 is made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deploykit.backends import BACKENDS
from deploykit.backends.base import Made
from deploykit.manifest import OpRecord
from deploykit.precisions import FP16_MAX
from deploykit.work.draws import FEW, each, load


@dataclass
class _Seen:
    op: str
    largest: float


def overflows(backend: str, file: Path, inputs: Path) -> tuple[OpRecord, ...]:
    """The ops of a file at fp32 that give values beyond fp16's range, in the order of execution.

    Args:
        backend: of the file.
        file: at fp32.
        inputs: draws by kind.

    Raises:
        ArtifactError: if the file cannot be followed.
    """
    found: dict[str, _Seen] = {}

    def watch(made: Made) -> None:
        if made.value.dtype.kind != "f" or not made.value.size:
            return
        # An infinity is meant, as in a mask, and is one at fp16 as well.
        largest = float(np.abs(np.where(np.isfinite(made.value), made.value, 0.0)).max())
        if largest > FP16_MAX:
            known = found.setdefault(made.name, _Seen(made.op, largest))
            known.largest = max(known.largest, largest)

    for draws in load(inputs).values():
        for draw in each(draws, FEW):
            BACKENDS[backend].follow(file, draw, watch)
    return tuple(OpRecord(op=seen.op, output=name, largest=seen.largest) for name, seen in found.items())
