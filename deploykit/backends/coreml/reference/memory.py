"""How much memory a program declares that it needs: asked before anything runs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from deploykit.backends.coreml.reference.declared import Declared, TensorType
from deploykit.backends.coreml.reference.ops import VIEWS
from deploykit.backends.coreml.reference.ops.limits import physical_memory
from deploykit.backends.coreml.reference.step import Block
from deploykit.errors import ArtifactError


class Memory:
    """Sums the declared sizes, and refuses what this machine cannot hold.

    A size that is known at run time only counts as 1 here; ops check what they make of those.
    """

    def __init__(self, what: str, compute: torch.dtype) -> None:
        self._what = what
        self._compute = compute
        self._kept = 0
        self._limit = physical_memory()

    def keep(self, declared: Sequence[Declared]) -> None:
        """Counts what stays for as long as the program does."""
        self._kept += sum(map(self._bytes, declared))
        self._refuse(self._kept)

    def check(self, block: Block, inputs: Sequence[Declared]) -> None:
        """Refuses a function whose values do not fit into memory."""
        self._refuse(self._kept + self._peak(block, {item.name: self._bytes(item) for item in inputs}))

    def _peak(self, block: Block, alive: dict[str, int]) -> int:
        peak = now = sum(alive.values())
        for step in block.steps:
            for output in step.outputs:
                alive[output.name] = 0 if step.op in VIEWS else self._bytes(output)
                now += alive[output.name]
            inner = max((self._peak(nested, {}) for nested in step.blocks), default=0)
            peak = max(peak, now + inner)
            for name in step.dead:
                now -= alive.pop(name, 0)
        return peak

    def _bytes(self, declared: Declared) -> int:
        if not isinstance(declared, TensorType):
            return 0
        kind = self._compute if declared.dtype.is_float else declared.dtype.tensor
        return kind.itemsize * math.prod(1 if size is None else size for size in declared.shape)

    def _refuse(self, needed: int) -> None:
        if needed > self._limit:
            raise ArtifactError(
                f"{self._what} declares values of {needed / 2**30:.1f} GiB at once, this machine has "
                f"{self._limit / 2**30:.1f}; the file is damaged, or needs a larger machine"
            )
