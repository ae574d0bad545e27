"""Ops whose values leave fp16's range: seen on the file at fp32, before one at fp16 is made."""

from __future__ import annotations

from pathlib import Path

from deploykit.backends import BACKENDS
from deploykit.backends.fp16_range import Fp16Range
from deploykit.manifest import OpRecord
from deploykit.work.draws import FEW, each, load


def overflows(backend: str, file: Path, inputs: Path) -> tuple[OpRecord, ...]:
    """The ops of a file at fp32 that give values beyond fp16's range, in the order of execution.

    Raises:
        ArtifactError: if the file cannot be followed.
    """
    return fp16_range(backend, file, inputs).overflows()


def fp16_range(backend: str, file: Path, inputs: Path) -> Fp16Range:
    """What of a file at fp32 fp16 can hold.

    Args:
        backend: of the file.
        file: at fp32.
        inputs: draws by kind.

    Raises:
        ArtifactError: if the file cannot be followed.
    """
    found = Fp16Range()
    for draws in load(inputs).values():
        for draw in each(draws, FEW):
            BACKENDS[backend].follow(file, draw, lambda made: found.see(made.op, made.name, made.value))
    return found
