"""One artifact, looked at from outside and inside."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from deploykit.backends import BACKENDS
from deploykit.backends.base import ORIGINS, Inside
from deploykit.errors import ArtifactError
from deploykit.manifest import Interface
from deploykit.precisions import Precision
from deploykit.work.draws import FEW, each, load
from deploykit.work.islands import fp16_range


@dataclass(frozen=True)
class Examined:
    """What a saved file shows."""

    interface: Interface
    inside: Inside
    unseen: str = ""
    """Why nothing is known of its inside, where something was to be seen."""


def examine(backend: str, precision: Precision, artifact: Path, inputs: Path, twin: Path | None = None) -> Examined:
    """Reads a file's border and, at fp16, follows a few inputs through it.

    Args:
        backend: of the file.
        precision: of the file.
        artifact: the file.
        inputs: draws by kind.
        twin: the same at fp32. Where a runner computes fp16 in float32, only this one shows what leaves its range.

    Raises:
        ArtifactError: if the file's border cannot be read.
    """
    found = BACKENDS[backend]
    interface = found.read_interface(artifact)
    if precision != "fp16" or (found.inside is None and not found.widens):
        return Examined(interface, Inside())
    if found.inside is None and twin is None:
        return Examined(interface, Inside(), "there is no file at fp32 to look into")
    notes = artifact.parent / ORIGINS
    origins = json.loads(notes.read_text(encoding="utf-8")) if notes.is_file() else {}
    try:
        if found.inside is None and twin is not None:
            held = fp16_range(backend, twin, inputs)
            return Examined(interface, Inside(overflows=held.overflows(), underflows=held.underflows()))
        draws = [draw for kind in load(inputs).values() for draw in each(kind, FEW)]
        return Examined(interface, found.look_inside(artifact, draws, origins))
    except ArtifactError as error:
        # The run of the same file says so as a verdict; here it only means that nobody can be blamed.
        print(f"{artifact.name} could not be looked into: {error}")
        return Examined(interface, Inside(), str(error))
