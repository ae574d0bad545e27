"""The op at which LiteRT's GPU engine goes wrong, or crashes. It shows nothing of its inside: beginnings are run."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deploykit.backends import BACKENDS, RUNNERS
from deploykit.backends.base import ORIGINS, Made
from deploykit.backends.tracing import trace
from deploykit.errors import ArtifactError
from deploykit.manifest import OpRecord
from deploykit.parity.compare import SNR_CAP_DB, snr_db
from deploykit.work.draws import each, load

GPU = "litert-gpu"


@dataclass(frozen=True)
class GpuFault:
    """What came of it.

    Attributes:
        op: with it the beginning of the file is wrong, without it right; `snr_db` is that of its output.
        crash: whether the engine crashes at it, and gives none.
    """

    op: OpRecord
    crash: bool


def gpu_fault(file: Path, inputs: Path, kind: str, least_db: float, told: dict[str, str]) -> GpuFault | None:
    """Finds the op by halving: about ten beginnings of a file are opened and run once.

    Args:
        file: what the engine computes wrong, or crashes at.
        inputs: draws by kind.
        kind: of which to take the first draw.
        least_db: what is wrong: a beginning of which some output, beside the CPU's, has less.
        told: options of the runner, as the build set them.

    Returns:
        The op; None where the file is right on this draw.

    Raises:
        ArtifactError: if the file cannot be followed on the CPU.
        RunnerLimitError: if the engine refuses a beginning, or its time is up.
    """
    from deploykit.backends.litert.cut import beginning, ops_of
    from deploykit.backends.litert.graph import place_of

    draw = next(each(load(inputs)[kind]))
    wanted: dict[int, NDArray[Any]] = {}
    names: dict[int, str] = {}

    def keep(made: Made) -> None:
        names[place_of(made.name)] = made.name
        if made.value.dtype == np.float32:
            wanted[place_of(made.name)] = made.value.copy()

    BACKENDS["litert"].follow(file, draw, keep)
    ops = ops_of(file)
    with tempfile.TemporaryDirectory(prefix="deploykit-gpu-fault-") as folder:
        copy = Path(folder) / "beginning.tflite"

        def left(count: int) -> float | None:
            """Decibels of the worst output of a beginning; None where it crashes."""
            beginning(file, count, copy)
            try:
                with RUNNERS[GPU].open(copy, **told) as runner:
                    got = {place_of(name[1:]): value for name, value in runner.run(draw).items()}
            except ArtifactError as error:
                if type(error) is ArtifactError:
                    return None
                raise
            ratios = (_db(wanted[index], value) for index, value in got.items() if index in wanted)
            return min(ratios, default=SNR_CAP_DB)

        right, wrong, found = 0, len(ops), left(len(ops))
        if found is not None and found >= least_db:
            return None
        while wrong - right > 1:
            middle = (right + wrong) // 2
            ratio = left(middle)
            if ratio is not None and ratio >= least_db:
                right = middle
            else:
                wrong, found = middle, ratio
    op, outputs = ops[wrong - 1]
    output = next((names[index] for index in outputs if index in names), "")
    db = None if found is None else round(found, 1)
    line = next((line for name, line in _lines(file).items() if place_of(name) in outputs), "")
    return GpuFault(OpRecord(op=op, output=output, origin=line, snr_db=db), found is None)


def _lines(file: Path) -> dict[str, str]:
    """What ops give → the lines of the model that they come from, where that is known."""
    notes = file.parent / ORIGINS
    origins = json.loads(notes.read_text(encoding="utf-8")) if notes.is_file() else {}
    return trace(BACKENDS["litert"].read_graph(file), origins)


def _db(wanted: NDArray[Any], got: NDArray[Any]) -> float:
    """Decibels; the least there are where something is no number."""
    value = wanted.astype(np.float64)
    ratio = snr_db(value, got.astype(np.float64).reshape(value.shape) - value)
    return -SNR_CAP_DB if np.isnan(ratio) else ratio
