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


def at_rank_four(
    x: torch.Tensor, pad: Sequence[int], mode: str | float = "constant", value: float | None = None
) -> Any:
    """Padding with a value of [n, k] or [n, h, k], where n is not 1, as of [n, 1, 1, k] or [n, 1, h, k].

    Args:
        x: any shape.
        pad: as of `constant_pad`.
        mode: as of `constant_pad`.
        value: as of `constant_pad`.
    """
    if isinstance(mode, int | float):
        mode, value = "constant", float(mode)
    if mode != "constant" or x.dim() not in (2, 3) or x.shape[0] == 1:
        return NotImplemented
    between = 4 - x.dim()
    inner = 2 * (x.dim() - 1)
    wide = x.reshape(x.shape[0], *[1] * between, *x.shape[1:])
    made = F.pad(wide, [*pad[:inner], *([0, 0] * between if len(pad) > inner else []), *pad[inner:]], value=value)
    return made.reshape(made.shape[0], *made.shape[1 + between :])


def _circular(x: torch.Tensor, pad: Sequence[int]) -> torch.Tensor:
    for i in range(0, len(pad), 2):
        dim = x.dim() - 1 - i // 2
        x = x.narrow(dim, max(0, -pad[i]), x.shape[dim] + min(0, pad[i]) + min(0, pad[i + 1]))
        size, before, after = x.shape[dim], max(0, pad[i]), max(0, pad[i + 1])
        if before or after:
            x = torch.cat([x.narrow(dim, size - before, before), x, x.narrow(dim, 0, after)], dim)
    return x
