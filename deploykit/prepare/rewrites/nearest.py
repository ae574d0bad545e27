"""Nearest-neighbour resize as gathers: one `index_select` an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

SMALL = 128
"""Up to this sum of the new sizes, or for channels last, ATen has a kernel by which the factor does not count on an
axis that keeps its size or doubles it.

Source: https://github.com/pytorch/pytorch/blob/v2.14.0/aten/src/ATen/native/cpu/UpSampleKernel.cpp,
_use_vectorized_kernel_cond_2d, and native/UpSample.h, nearest_idx.
"""


def fractional(
    x: torch.Tensor, size: Sequence[int] | None, scales: Sequence[float] | float | None = None, *more: float | None
) -> Any:
    """`nearest` where an axis does not grow by a whole number; a converter may then round otherwise than ATen.

    Args:
        x: [N, C, H, W].
        size: the new sizes, or None where `scales` tells them.
        scales: factors of an op's `vec` overload, one an axis; of its `default` overload the first of them.
        more: the other factors of the `default` overload.
    """
    factors = _factors(scales, more, x.dim() - 2)
    old = x.shape[2:]
    new = [int(n) for n in size] if size is not None else [int(o * f) for o, f in zip(old, factors, strict=True) if f]
    doubles = sum(new) <= SMALL or x.is_contiguous(memory_format=torch.channels_last)
    taken = [
        source(o, n, None if doubles and n in (o, 2 * o) else f) for o, n, f in zip(old, new, factors, strict=True)
    ]
    if all(n % o == 0 and _repeats(index, n // o) for o, n, index in zip(old, new, taken, strict=True)):
        return NotImplemented
    for axis, index in enumerate(taken):
        if len(index) != old[axis] or not _repeats(index, 1):
            x = x.index_select(axis + 2, torch.tensor(index, device=x.device))
    return x


def source(old: int, new: int, factor: float | None) -> list[int]:
    """Which of `old` places each of `new` places takes, as ATen's two-dimensional CPU kernels reckon, in float32."""
    step = np.float32(1.0 / factor) if factor else np.float32(old) / np.float32(new)
    places = np.floor(np.arange(new, dtype=np.float32) * step).astype(int)
    return [int(place) for place in np.minimum(places, old - 1)]


def _repeats(index: list[int], times: int) -> bool:
    return index == [place // times for place in range(len(index))]


def _factors(scales: Sequence[float] | float | None, more: tuple[float | None, ...], axes: int) -> list[float | None]:
    if scales is None and not more:
        return [None] * axes
    if isinstance(scales, Sequence):
        return list(scales)
    return [scales, *more]
