"""Pooling by plainer pooling."""

from __future__ import annotations

from collections.abc import Sequence
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
    kernel, padding, dilation = ([*v, *v][:2] if len(v) == 1 else list(v) for v in (kernel, padding, dilation))
    stride = [*stride, *stride][:2] if len(stride) == 1 else list(stride) or kernel
    if dilation == [1, 1] or ceil_mode:
        return NotImplemented
    x = F.pad(x, (padding[1], padding[1], padding[0], padding[0]), value=float("-inf"))
    spans = [(x.shape[i - 2] - dilation[i] * (kernel[i] - 1) - 1) // stride[i] * stride[i] + 1 for i in (0, 1)]
    result: torch.Tensor | None = None
    for top in range(0, kernel[0] * dilation[0], dilation[0]):
        for left in range(0, kernel[1] * dilation[1], dilation[1]):
            part = x[..., top : top + spans[0] : stride[0], left : left + spans[1] : stride[1]]
            result = part if result is None else torch.maximum(result, part)
    return result


def _idle(
    x: torch.Tensor, kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int], dilation: Sequence[int]
) -> bool:
    """Whether rounding up gives no more windows: PyTorch drops a last one that would start in the padding."""
    for i, size in enumerate(x.shape[-2:]):
        k, p, d = (values[i % len(values)] for values in (kernel, padding, dilation))
        step = (stride or kernel)[i % len(stride or kernel)]
        room = size + 2 * p - d * (k - 1) - 1
        more = -(-room // step)
        if more != room // step and more * step < size + p:
            return False
    return True


def _maxima(x: torch.Tensor, dim: int, new: int) -> torch.Tensor:
    old = x.shape[dim]
    bounds = [(i * old // new, -(-(i + 1) * old // new)) for i in range(new)]
    return torch.cat([x.narrow(dim, low, high - low).amax(dim, keepdim=True) for low, high in bounds], dim)


CEILINGS: dict[str, Any] = {"aten.avg_pool2d.default": avg_pool2d, "aten.max_pool2d.default": max_pool2d}

ADAPTIVE_MAX: dict[str, Any] = {
    "aten.adaptive_max_pool1d.default": adaptive_max_pool1d,
    "aten.adaptive_max_pool2d.default": adaptive_max_pool2d,
}
