"""Where a file with integers loses its numbers: the noise that each op adds, against the float file behind it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deploykit.backends import BACKENDS
from deploykit.backends.base import Made
from deploykit.manifest import OpRecord
from deploykit.precisions import SCHEMES, Precision
from deploykit.work.draws import FEW, each, load


@dataclass
class _Op:
    """An op of the float file, and sums over all inputs of its output's squares and of the squared differences."""

    op: str
    operands: tuple[str, ...]
    signal: float = 0.0
    noise: float | None = None
    """None where the file with integers has no such tensor: its op became one with others."""

    @property
    def ratio(self) -> float | None:
        """Noise over signal, where it is known."""
        return None if self.noise is None else self.noise / self.signal if self.signal > 0 else 0.0


def lasting(ops: Mapping[str, _Op]) -> dict[str, float]:
    """Noise over signal of each op's output, as far as it reaches those that take it.

    What all takers make good is no loss: an average over noise; or a Relu that ONNX Runtime's tool takes out, since the
    integers behind it begin at 0: the tensor keeps its name, and holds what is cut off right after.

    Args:
        ops: by the name of their output, in the order of execution.

    Returns:
        By name; of an op that cannot be seen in the file with integers what its takers show.
    """
    takers: dict[str, list[str]] = {}
    for name, op in ops.items():
        for operand in op.operands:
            takers.setdefault(operand, []).append(name)
    found: dict[str, float] = {}
    for name in reversed(list(ops)):
        own, reached = ops[name].ratio, [found[taker] for taker in takers.get(name, ()) if taker in found]
        if own is not None or reached:
            known = [max(reached)] if reached else []
            found[name] = min(known if own is None else [own, *known])
    return found


@dataclass(frozen=True)
class Losses:
    """What came of it.

    Attributes:
        layers: how many layers the backend's tool makes integers of.
        worst: those that add noise, the noisiest first; `snr_db` is their signal over the noise that they add. Behind
            each the layers whose outputs it takes, which would be rounded before it otherwise; they have none.
        curve: what is left of each op's output, of whatever type, in the order of execution.
    """

    layers: int
    worst: tuple[OpRecord, ...]
    curve: tuple[OpRecord, ...] = ()


def losses(backend: str, precision: Precision, base: Path, made: Path, inputs: Path, kind: str) -> Losses:
    """The layers that could stay float, the one that adds most noise first.

    What an op adds is its output's lasting noise over its signal, less that of its noisiest operand. Only types of ops
    that the backend's tool makes integers of are told: to keep another one float changes nothing.

    Args:
        backend: of both files.
        precision: of the file with integers.
        base: the float file.
        made: the file with integers.
        inputs: draws by kind.
        kind: of which to take a few.

    Returns:
        How many layers the tool makes integers of, those that add noise, and where it adds up.

    Raises:
        ArtifactError: if a file cannot be followed.
    """
    ops: dict[str, _Op] = {}
    for draw in each(load(inputs)[kind], FEW):
        values: dict[str, NDArray[Any]] = {}
        BACKENDS[backend].follow(base, draw, partial(_expect, ops=ops, values=values))
        BACKENDS[backend].follow(made, draw, partial(_compare, ops=ops, values=values))
    whole, types = SCHEMES[precision].calibrated, BACKENDS[backend].layers(precision)
    layers = {name: op for name, op in ops.items() if op.op in types}
    ratios = lasting(ops)
    added = {
        name: ratios[name] - max((ratios[o] for o in op.operands if o in ratios), default=0.0)
        for name, op in layers.items()
        if op.noise is not None
    }
    worst = sorted((name for name in added if added[name] > 0), key=lambda name: -added[name])
    found: dict[str, OpRecord] = {}
    for name in worst:
        ratio = round(-10 * math.log10(added[name]), 1)
        found[name] = OpRecord(op=ops[name].op, output=name, snr_db=ratio)
        for operand in ops[name].operands if whole else ():
            if operand in layers:
                found.setdefault(operand, OpRecord(op=ops[operand].op, output=operand))
    left = {
        name: round(-10 * math.log10(ratios[name]), 1)
        for name, op in ops.items()
        if op.noise is not None and ratios[name] > 0
    }
    curve = tuple(OpRecord(op=ops[name].op, output=name, snr_db=value) for name, value in left.items())
    return Losses(len(layers), tuple(found.values()), curve)


def _expect(made: Made, ops: dict[str, _Op], values: dict[str, NDArray[Any]]) -> None:
    if made.value.dtype.kind == "f":
        values[made.name] = made.value.copy()
        known = ops.setdefault(made.name, _Op(made.op, made.operands))
        known.signal += float(np.square(made.value, dtype=np.float64).sum())


def _compare(made: Made, ops: dict[str, _Op], values: dict[str, NDArray[Any]]) -> None:
    wanted = values.get(made.name)
    if wanted is not None and made.value.dtype.kind == "f" and made.value.shape == wanted.shape:
        known = ops[made.name]
        known.noise = (known.noise or 0.0) + float(np.square(np.subtract(made.value, wanted, dtype=np.float64)).sum())
