"""Resizing as one matrix product per axis, with the weights that ATen uses, computed in float64.

ATen: aten/src/ATen/native/UpSample.h (scales and source indices), UpSampleKernel.cpp (weights when antialiasing).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import floor
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

Weights = Callable[[int, int, bool, float | None], NDArray[np.float64]]
"""(size, new size, align_corners, scale factor) → [new size, size]."""


def bicubic(x: torch.Tensor, output_size: Any, align_corners: bool, *scales: Any) -> torch.Tensor:
    """`aten.upsample_bicubic2d`, both overloads: [N, C, H, W] → [N, C, H', W']."""
    return _resize(x, output_size, align_corners, scales, cubic_weights)


def bicubic_antialiased(x: torch.Tensor, output_size: Any, align_corners: bool, *scales: Any) -> Any:
    """`aten._upsample_bicubic2d_aa`."""
    if min(*x.shape[2:], *_target(x, output_size, scales)[0]) == 1:
        return NotImplemented  # there ATen mixes up its two passes
    return _resize(x, output_size, align_corners, scales, partial(antialiased_weights, kernel=_keys, radius=2.0))


def bilinear_antialiased(x: torch.Tensor, output_size: Any, align_corners: bool, *scales: Any) -> Any:
    """`aten._upsample_bilinear2d_aa`."""
    if min(*x.shape[2:], *_target(x, output_size, scales)[0]) == 1:
        return NotImplemented  # there ATen mixes up its two passes
    return _resize(x, output_size, align_corners, scales, partial(antialiased_weights, kernel=_tent, radius=1.0))


def linear(x: torch.Tensor, output_size: Any, align_corners: bool, *scales: Any) -> Any:
    """`aten.upsample_linear1d` and `aten.upsample_bilinear2d`, where the scale factor is not the ratio of the sizes."""
    sizes, factors = _target(x, output_size, scales)
    ratios = zip(sizes, x.shape[2:], factors, strict=True)
    if align_corners or all(factor is None or new == old * factor for new, old, factor in ratios):
        return NotImplemented
    return _resize(x, output_size, align_corners, scales, linear_weights)


def trilinear(x: torch.Tensor, output_size: Any, align_corners: bool, *scales: Any) -> torch.Tensor:
    """`aten.upsample_trilinear3d`: [N, C, D, H, W] → [N, C, D', H', W']."""
    return _resize(x, output_size, align_corners, scales, linear_weights)


def adaptive_average(x: torch.Tensor, output_size: Sequence[int]) -> torch.Tensor:
    """`aten.adaptive_avg_pool3d`, each axis by itself: [C, D, H, W] or [N, C, D, H, W]."""
    for dim, new in zip(range(-len(output_size), 0), output_size, strict=True):
        x = along(x, dim, average_weights(x.shape[dim], new))
    return x


def along(x: torch.Tensor, dim: int, weights: NDArray[np.float64]) -> torch.Tensor:
    """Multiplies one of the last three dimensions by a matrix [new size, size].

    The matrix stands on the right: LiteRT's GPU refuses a product whose first factor is constant.
    """
    if np.array_equal(weights, np.eye(x.shape[dim])):
        return x.clone()
    matrix = torch.tensor(weights.tolist(), dtype=x.dtype)
    if dim == -1:
        return torch.matmul(x, matrix.T)
    if dim == -2:
        return torch.matmul(x.transpose(-1, -2), matrix.T).transpose(-1, -2)
    shape = x.shape
    flat = x.reshape(*shape[:dim], shape[dim], -1)
    flat = torch.matmul(flat.transpose(-1, -2), matrix.T).transpose(-1, -2)
    return flat.reshape(*shape[:dim], len(matrix), *shape[dim + 1 :])


def cubic_weights(size: int, new: int, align_corners: bool, factor: float | None) -> NDArray[np.float64]:
    """Cubic convolution with a = -0.75 over 4 neighbours; those beyond the border are the border's."""
    weights = np.zeros((new, size))
    for i, source in enumerate(_sources(size, new, align_corners, factor)):
        first = floor(source) - 1
        for j in range(first, first + 4):
            weights[i, min(max(j, 0), size - 1)] += _cubic(source - j, -0.75)
    return weights


def linear_weights(size: int, new: int, align_corners: bool, factor: float | None) -> NDArray[np.float64]:
    """The two nearest neighbours; none beyond the border."""
    if size == new:
        return np.eye(size)  # whatever the scale factor is
    weights = np.zeros((new, size))
    for i, source in enumerate(_sources(size, new, align_corners, factor)):
        place = min(max(source, 0.0), size - 1)
        low = floor(place)
        weights[i, low] += 1 - (place - low)
        weights[i, min(low + 1, size - 1)] += place - low
    return weights


def antialiased_weights(
    size: int, new: int, align_corners: bool, factor: float | None, kernel: Callable[[float], float], radius: float
) -> NDArray[np.float64]:
    """A kernel as wide as a new pixel, normalised."""
    scale = _scale(size, new, align_corners, factor)
    stretch = max(scale, 1.0)
    weights = np.zeros((new, size))
    for i in range(new):
        centre = scale * (i + 0.5)
        first = max(int(centre - radius * stretch + 0.5), 0)
        last = min(int(centre + radius * stretch + 0.5), size)
        row = np.array([kernel((j - centre + 0.5) / stretch) for j in range(first, last)])
        weights[i, first:last] = row / (row.sum() or 1.0)
    return weights


def average_weights(size: int, new: int) -> NDArray[np.float64]:
    """Adaptive pooling: means of windows that overlap where the sizes do not divide."""
    weights = np.zeros((new, size))
    for i in range(new):
        first, last = i * size // new, -(-(i + 1) * size // new)
        weights[i, first:last] = 1 / (last - first)
    return weights


def _resize(x: torch.Tensor, output_size: Any, align: bool, scales: Sequence[Any], weights: Weights) -> torch.Tensor:
    sizes, factors = _target(x, output_size, scales)
    for dim, new, factor in zip(range(-len(sizes), 0), sizes, factors, strict=True):
        x = along(x, dim, weights(x.shape[dim], new, align, factor))
    return x


def _target(x: torch.Tensor, output_size: Any, scales: Sequence[Any]) -> tuple[list[int], list[float | None]]:
    """New sizes and scale factors: the overload `.vec` has a list of factors or None, the other one argument each."""
    axes = x.dim() - 2
    given = list(scales[0]) if scales and isinstance(scales[0], list | tuple) else list(scales)
    factors = (given + [None] * axes)[:axes]
    if output_size is None:
        output_size = [floor(size * factor) for size, factor in zip(x.shape[2:], factors, strict=True)]
    return list(output_size), factors


def _scale(size: int, new: int, align_corners: bool, factor: float | None) -> float:
    if align_corners:
        return (size - 1) / (new - 1) if new > 1 else 0.0
    return 1 / factor if factor else size / new


def _sources(size: int, new: int, align_corners: bool, factor: float | None) -> list[float]:
    scale = _scale(size, new, align_corners, factor)
    return [scale * i if align_corners else scale * (i + 0.5) - 0.5 for i in range(new)]


def _cubic(distance: float, a: float) -> float:
    d = abs(distance)
    if d <= 1:
        return ((a + 2) * d - (a + 3)) * d * d + 1
    return (((d - 5) * d + 8) * d - 4) * a if d < 2 else 0.0


def _keys(distance: float) -> float:
    return _cubic(distance, -0.5)


def _tent(distance: float) -> float:
    return max(0.0, 1 - abs(distance))


ANTIALIASED: dict[str, Any] = {
    "aten._upsample_bicubic2d_aa.vec": bicubic_antialiased,
    "aten._upsample_bicubic2d_aa.default": bicubic_antialiased,
    "aten._upsample_bilinear2d_aa.vec": bilinear_antialiased,
    "aten._upsample_bilinear2d_aa.default": bilinear_antialiased,
}

BICUBIC: dict[str, Any] = {
    "aten.upsample_bicubic2d.vec": bicubic,
    "aten.upsample_bicubic2d.default": bicubic,
}
RESIZES: dict[str, Any] = BICUBIC | {
    "aten.upsample_linear1d.vec": linear,
    "aten.upsample_bilinear2d.vec": linear,
    "aten.upsample_trilinear3d.vec": trilinear,
    "aten.adaptive_avg_pool3d.default": adaptive_average,
}
