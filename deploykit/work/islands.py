"""Ops whose values leave fp16's range: seen on the file at fp32, before one at fp16 is made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deploykit.backends import BACKENDS
from deploykit.backends.base import Made
from deploykit.manifest import OpRecord
from deploykit.work.draws import load

DRAWS_OF_A_KIND = 4
"""How many inputs of each kind the file is followed on."""

FP16_MAX = float(np.finfo(np.float16).max)
"""65,504: IEEE 754 binary16. What is larger becomes infinite."""


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
        for index in range(min(DRAWS_OF_A_KIND, len(next(iter(draws.values()))))):
            BACKENDS[backend].follow(file, {name: values[index] for name, values in draws.items()}, watch)
    return tuple(OpRecord(op=seen.op, output=name, largest=seen.largest) for name, seen in found.items())
