"""Values that fp16 cannot hold: too large, or so small that it takes them for nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deploykit.manifest import OpRecord
from deploykit.precisions import FP16_MAX, FP16_TINY

LOST = 0.01
"""Share of an op's values, zeros left out, from which on their loss is told."""

MOST = 8
"""Ops whose small values are lost that are told, those that lose most: a softmax over many is one at every layer."""


@dataclass
class _Seen:
    op: str
    largest: float = 0.0
    lost: int = 0
    nonzero: int = 0


class Fp16Range:
    """What the ops of a file give, followed over several inputs without rounding to fp16."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}

    def see(self, op: str, name: str, value: NDArray[Any]) -> None:
        """Takes an op's output into account.

        Args:
            op: its type.
            name: of the output.
            value: of any shape. Infinities are left out: they are meant, as in a mask, and are ones at fp16 as well.
        """
        if value.dtype.kind != "f" or not value.size:
            return
        magnitudes = np.abs(value)
        magnitudes = np.where(np.isfinite(magnitudes), magnitudes, 0.0)
        seen = self._seen.setdefault(name, _Seen(op))
        seen.largest = max(seen.largest, float(magnitudes.max()))
        seen.nonzero += int(np.count_nonzero(magnitudes))
        seen.lost += int(np.count_nonzero((magnitudes > 0) & (magnitudes < FP16_TINY)))

    def overflows(self) -> tuple[OpRecord, ...]:
        """The ops that give values beyond fp16's range, in the order of execution."""
        return tuple(
            OpRecord(op=seen.op, output=name, largest=seen.largest)
            for name, seen in self._seen.items()
            if seen.largest > FP16_MAX
        )

    def underflows(self) -> tuple[OpRecord, ...]:
        """The ops that lose a share of their values to 0, the greatest share first."""
        shares = {name: seen.lost / seen.nonzero for name, seen in self._seen.items() if seen.nonzero}
        worst = sorted((name for name in shares if shares[name] >= LOST), key=lambda name: -shares[name])
        return tuple(
            OpRecord(op=self._seen[name].op, output=name, lost=round(shares[name], 4)) for name in worst[:MOST]
        )
