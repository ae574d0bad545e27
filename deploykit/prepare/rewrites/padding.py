"""Padding, as ops that every converter has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F


def constant_pad(
    x: torch.Tensor, pad: Sequence[int], mode: str | float = "constant", value: float | None = None
) -> Any:
    """Cuts what a negative padding takes away, then pads by what is positive; goes round in circles by slices.

    Args:
        x: any shape.
        pad: (before, after) of the last dimension, then of the one before it, and so on.
        mode: of `aten.pad`; `aten.constant_pad_nd` has the value in its place.
        value: what to pad with.
    """
    if isinstance(mode, int | float):
        mode, value = "constant", float(mode)
    if mode == "circular":
        return _circular(x, pad)
    if mode != "constant" or all(size >= 0 for size in pad):
        return NotImplemented
    for i in range(0, len(pad), 2):
        dim, before, after = x.dim() - 1 - i // 2, max(0, -pad[i]), max(0, -pad[i + 1])
        x = x.narrow(dim, before, x.shape[dim] - before - after)
    left = [max(0, size) for size in pad]
    return F.pad(x, left, value=value or 0.0) if any(left) else x


def _circular(x: torch.Tensor, pad: Sequence[int]) -> torch.Tensor:
    for i in range(0, len(pad), 2):
        dim = x.dim() - 1 - i // 2
        x = x.narrow(dim, max(0, -pad[i]), x.shape[dim] + min(0, pad[i]) + min(0, pad[i + 1]))
        size, before, after = x.shape[dim], max(0, pad[i]), max(0, pad[i + 1])
        if before or after:
            x = torch.cat([x.narrow(dim, size - before, before), x, x.narrow(dim, 0, after)], dim)
    return x
