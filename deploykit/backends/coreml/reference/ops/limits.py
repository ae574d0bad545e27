"""Bounds on what a program may ask for, so that a hostile file is refused and does not exhaust the machine."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable

import numpy as np

from deploykit.errors import ArtifactError

ELEMENTS = 2**29
"""Of one tensor whose size the file leaves to run time: 2 GiB in fp32."""
LIST_LENGTH = 2**20
"""Of a list."""
BLOCKS = 1_000_000
"""Executions of nested blocks (`cond` 1, `while_loop` 2 per iteration) in one run."""
NESTING = 16
"""Of blocks within blocks, and of lists within lists."""


def bounded(op: str, sizes: Iterable[int]) -> None:
    """Refuses a result of this shape before it is made, if no real model has one that large."""
    shape = [int(size) for size in sizes]
    if any(size < 0 for size in shape) or math.prod(shape) > ELEMENTS:
        raise ArtifactError(
            f"{op}: a result of shape {shape} is out of bounds, the reference runner makes at most {ELEMENTS} "
            "elements; the file is damaged"
        )


def bounded_broadcast(op: str, *shapes: tuple[int, ...]) -> tuple[int, ...]:
    """What shapes broadcast to, if that is not too large."""
    shape = np.broadcast_shapes(*shapes)
    bounded(op, shape)
    return shape


def physical_memory() -> int:
    """Bytes of this machine, or 64 GiB where it does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 2**36
