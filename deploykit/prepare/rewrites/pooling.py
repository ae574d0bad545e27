"""Pooling by plainer pooling."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import torch
import torch.nn.functional as F


def adaptive_max_pool1d(x: torch.Tensor, size: Sequence[int]) -> Any:
    """`aten.adaptive_max_pool1d`: see `adaptive_max_pool2d`."""
    return _maxima(x, -1, int(size[0])), None


def adaptive_max_pool2d(x: torch.Tensor, size: Sequence[int]) -> Any:
    """`aten.adaptive_max_pool2d` as the maxima of slices, one axis after the other.

    The places of the maxima are None: a program that uses them fails, and is told so.

    Args:
        x: [..., H, W].
        size: the new height and width; one number stands for both.
    """
    return _maxima(_maxima(x, -2, int(size[0])), -1, int(size[-1])), None


def divided(
    x: torch.Tensor,
    kernel: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0,),
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """`aten.avg_pool2d` with a divisor of its own, as a mean times a number."""
    if divisor_override is None or ceil_mode:
        return NotImplemented
    mean = F.avg_pool2d(x, list(kernel), list(stride) or None, list(padding), False, True)
    return mean * (kernel[0] * kernel[-1] / divisor_override)


def avg_pool2d(
    x: torch.Tensor,
    kernel: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0,),
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """`aten.avg_pool2d` whose `ceil_mode` changes nothing, said without it: see `_idle`."""
    if not ceil_mode or not _idle(x, kernel, stride, padding, (1,)):
        return NotImplemented
    options = (list(stride) or None, list(padding), False, count_include_pad, divisor_override)
    return F.avg_pool2d(x, list(kernel), *options)


def padded_avg_pool1d(
    x: torch.Tensor,
    kernel: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0,),
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """`aten.avg_pool1d` whose averages count padding: see `padded_avg_pool2d`."""
    if ceil_mode or not count_include_pad or not any(padding):
        return NotImplemented
    return F.conv1d(x, _equal_weights(x, -2, kernel), None, list(stride or kernel), list(padding), 1, x.shape[-2])


def padded_avg_pool2d(
    x: torch.Tensor,
    kernel: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0,),
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """`aten.avg_pool2d` whose averages count padding, as a convolution of each channel by equal weights.

    Args:
        x: [..., C, H, W].
        kernel: height and width of a window; one number stands for both, here and below.
        stride: between windows; the kernel's where it is empty.
        padding: of zeros, on each side.
        ceil_mode: whether a last window may stand out; such ones are left.
        count_include_pad: whether a window's zeros count; where they do not, it is left.
        divisor_override: what sums are divided by; None for the size of a window.
    """
    if ceil_mode or not count_include_pad or not any(padding):
        return NotImplemented
    weights = _equal_weights(x, -3, (kernel[0], kernel[-1]), divisor_override)
    return F.conv2d(x, weights, None, list(stride or kernel), list(padding), 1, x.shape[-3])


def _equal_weights(x: torch.Tensor, channels: int, kernel: Sequence[int], divisor: int | None = None) -> torch.Tensor:
    value = 1 / (divisor or math.prod(kernel))
    return torch.full((x.shape[channels], 1, *kernel), value, dtype=x.dtype, device=x.device)


def max_pool2d(
    x: torch.Tensor,
    kernel: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0,),
    dilation: Sequence[int] = (1,),
    ceil_mode: bool = False,
) -> Any:
    """`aten.max_pool2d` whose `ceil_mode` changes nothing, said without it: see `_idle`."""
    if not ceil_mode or not _idle(x, kernel, stride, padding, dilation):
        return NotImplemented
    return F.max_pool2d(x, list(kernel), list(stride) or None, list(padding), list(dilation), False)


def dilated_max_pool2d(
    x: torch.Tensor,
    kernel: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0,),
    dilation: Sequence[int] = (1,),
    ceil_mode: bool = False,
) -> Any:
    """`aten.max_pool2d` with dilation, as the maximum of slices: one for each place in the window."""
    rows, columns = _axes(x, kernel, stride, padding, dilation, ceil_mode)
    if rows.dilation == columns.dilation == 1:
        return NotImplemented
    room = _with_room(x, rows, columns)
    return reduce(torch.maximum, (part for part, _ in _places(room, rows, columns)))


def roomy_max_pool2d(
    x: torch.Tensor,
    kernel: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0,),
    dilation: Sequence[int] = (1,),
    ceil_mode: bool = False,
) -> Any:
    """`aten.max_pool2d` with `ceil_mode`, as one over a plane that has room for the last windows: of -inf."""
    if not ceil_mode:
        return NotImplemented
    room = _with_room(x, *_axes(x, kernel, stride, padding, dilation, ceil_mode))
    return F.max_pool2d(room, list(kernel), list(stride) or None, 0, list(dilation), False)


def max_pool2d_with_indices(
    x: torch.Tensor,
    kernel: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0,),
    dilation: Sequence[int] = (1,),
    ceil_mode: bool = False,
) -> Any:
    """`aten.max_pool2d_with_indices`: which place of each window holds its first maximum, told by comparisons.

    Args:
        x: [..., H, W].
        kernel: height and width of a window; one number stands for both, here and below.
        stride: between windows; the kernel's where it is empty.
        padding: of -inf, on each side.
        dilation: between the places of a window.
        ceil_mode: whether a last window may stand out.

    Returns:
        The maxima, and int64 indices into the plane, row by row.
    """
    rows, columns = _axes(x, kernel, stride, padding, dilation, ceil_mode)
    first, *others = _places(_with_room(x, rows, columns), rows, columns)
    best, index = first[0], first[1].expand(first[0].shape)
    for part, here in others:
        best, index = torch.maximum(best, part), torch.where(part > best, here, index)
    return best, index


@dataclass(frozen=True)
class _Axis:
    """How windows lie along an axis."""

    size: int
    windows: int
    kernel: int
    stride: int
    padding: int
    dilation: int

    @property
    def room(self) -> tuple[int, int]:
        """What has to be padded before and behind."""
        end = (self.windows - 1) * self.stride + self.dilation * (self.kernel - 1) + 1
        return self.padding, max(0, end - self.size - self.padding)

    def slices(self) -> Iterator[tuple[slice, torch.Tensor]]:
        """For each place in a window: where all windows have it in what was padded, and where in what was not."""
        for start in range(0, self.kernel * self.dilation, self.dilation):
            # Padding is never a maximum, wherever it is said to lie.
            places = (torch.arange(self.windows) * self.stride + start - self.padding).clamp(0, self.size - 1)
            yield slice(start, start + (self.windows - 1) * self.stride + 1, self.stride), places


def _axes(
    x: torch.Tensor,
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    ceil_mode: bool,
) -> tuple[_Axis, _Axis]:
    """Height and width: https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html

    PyTorch drops a last window that would start in the padding.
    """
    found = []
    for i, size in enumerate(x.shape[-2:]):
        k, step, p, d = (values[i % len(values)] for values in (kernel, stride or kernel, padding, dilation))
        room = size + 2 * p - d * (k - 1) - 1
        windows = (-(-room // step) if ceil_mode else room // step) + 1
        found.append(_Axis(size, windows - ((windows - 1) * step >= size + p), k, step, p, d))
    return found[0], found[1]


def _with_room(x: torch.Tensor, rows: _Axis, columns: _Axis) -> torch.Tensor:
    room = (*columns.room, *rows.room)  # F.pad begins with the last axis
    return F.pad(x, room, value=float("-inf")) if any(room) else x


def _places(room: torch.Tensor, rows: _Axis, columns: _Axis) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """For each place in a window: its values in all windows, and their indices into the plane."""
    for down, row in rows.slices():
        for along, column in columns.slices():
            yield room[..., down, along], row[:, None] * columns.size + column


def _idle(
    x: torch.Tensor, kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int], dilation: Sequence[int]
) -> bool:
    """Whether rounding up gives no more windows."""
    return _axes(x, kernel, stride, padding, dilation, True) == _axes(x, kernel, stride, padding, dilation, False)


def _maxima(x: torch.Tensor, dim: int, new: int) -> torch.Tensor:
    old = x.shape[dim]
    bounds = [(i * old // new, -(-(i + 1) * old // new)) for i in range(new)]
    return torch.cat([x.narrow(dim, low, high - low).amax(dim, keepdim=True) for low, high in bounds], dim)


PADDED_AVERAGES: dict[str, Any] = {
    "aten.avg_pool1d.default": padded_avg_pool1d,
    "aten.avg_pool2d.default": padded_avg_pool2d,
}

CEILINGS: dict[str, Any] = {"aten.avg_pool2d.default": avg_pool2d, "aten.max_pool2d.default": max_pool2d}

ADAPTIVE_MAX: dict[str, Any] = {
    "aten.adaptive_max_pool1d.default": adaptive_max_pool1d,
    "aten.adaptive_max_pool2d.default": adaptive_max_pool2d,
}
