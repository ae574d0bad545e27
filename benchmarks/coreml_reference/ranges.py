"""Which ops of an artifact make values that fp16 cannot hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch

LARGEST = 65504.0
"""The largest finite fp16 number."""


@dataclass(frozen=True)
class Excess:
    """An op's output that is out of range, and the largest magnitude that it reached."""

    op: str
    output: str
    magnitude: float

    def __str__(self) -> str:
        return f"{self.op} `{self.output}` reaches {self.magnitude:.3g}"


@dataclass
class Ranges:
    """To be given to `ReferenceRunner.run` as `on_output`, in mode `unrounded`: there nothing is cut off."""

    largest: dict[tuple[str, str], float] = field(default_factory=dict)

    def __call__(self, op: str, output: Any, value: torch.Tensor) -> None:
        name = output if isinstance(output, str) else output.name
        if not value.is_floating_point() or not value.numel():
            return
        finite = value[torch.isfinite(value)]
        magnitude = float(finite.abs().max()) if finite.numel() else 0.0
        self.largest[op, name] = max(self.largest.get((op, name), 0.0), magnitude)

    @property
    def excesses(self) -> list[Excess]:
        """In the order of the program; the first is to blame."""
        return [Excess(op, name, size) for (op, name), size in self.largest.items() if size > LARGEST]
