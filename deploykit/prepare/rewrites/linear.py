"""Bilinear resize as gathers and a weighted mean, one axis after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch


def by_factor(
    x: torch.Tensor, size: Sequence[int] | None, align_corners: bool, factors: Sequence[float] | None = None
) -> Any:
    """`bilinear` by a factor that the sizes do not tell, as 1.5 from 7 to 10: ATen steps by the factor,
    but for an axis that keeps its size.

    Args:
        x: [N, C, H, W].
        size: the new sizes; they tell the factors, and a converter is right.
        align_corners: if true the sizes alone count.
        factors: one an axis.
    """
    if size is not None or factors is None or align_corners:
        return NotImplemented
    new = [int(old * factor) for old, factor in zip(x.shape[2:], factors, strict=True)]
    steps = list(zip(x.shape[2:], new, factors, strict=True))
    if all(n in (old, old * factor) for old, n, factor in steps):
        return NotImplemented
    for axis, (old, n, factor) in enumerate(steps, start=2):
        x = x if n == old else _resize(x, axis, n, 1.0 / factor)
    return x


def _resize(x: torch.Tensor, axis: int, new: int, step: float) -> torch.Tensor:
    last = x.shape[axis] - 1
    place = np.maximum((np.arange(new) + 0.5) * step - 0.5, 0.0)
    low = np.minimum(place.astype(int), last)
    weight = torch.tensor(np.minimum(place - low, 1.0), dtype=x.dtype).reshape(-1, *[1] * (x.dim() - 1 - axis))
    below, above = (x.index_select(axis, torch.tensor(i)) for i in (low, np.minimum(low + 1, last)))
    return below * (1 - weight) + above * weight
