"""Padding that convolutions and pools share, and the op `pad`."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F

from deploykit.backends.coreml.reference.ops.arguments import Arguments
from deploykit.backends.coreml.reference.ops.limits import bounded
from deploykit.errors import ArtifactError

Pads = list[tuple[int, int]]
"""Elements (before, after) per padded axis, outermost axis first."""


def pairs(flat: Sequence[int]) -> Pads:
    """MIL's [before, after, before, after, …]."""
    return list(zip(flat[::2], flat[1::2], strict=True))


def torch_order(pads: Pads) -> list[int]:
    """For F.pad, which wants the innermost axis first."""
    return [size for pad in reversed(pads) for size in pad]


def padded(x: torch.Tensor, pads: Pads, value: float = 0.0) -> torch.Tensor:
    """Gives x with constant pads around its last axes; x itself where there are none, which F.pad would copy."""
    return F.pad(x, torch_order(pads), value=value) if any(map(any, pads)) else x


def window_pads(
    a: Arguments, spatial: Sequence[int], kernel: Sequence[int], strides: Sequence[int], dilations: Sequence[int]
) -> Pads:
    """The pads that `pad_type` means for a sliding window. [iOS15.conv.conv, iOS15.pool.avg_pool].

    `same` makes the output ceil(input / stride) long, as TensorFlow does, and puts an odd element after the input;
    `same_lower` puts it before.
    """
    kind = a.text("pad_type", "valid")
    if kind == "valid":
        return [(0, 0)] * len(spatial)
    if kind == "custom":
        given = pairs(a.integers("pad", [0, 0] * len(spatial)))
        padded = [size + sum(pad) for size, pad in zip(spatial, given, strict=True)]
        bounded(a.op, [*a.tensor("x").shape[:2], *padded])
        return given
    if kind not in ("same", "same_lower"):
        raise ArtifactError(f"{a.op}: pad_type {kind!r} is none of valid, custom, same, same_lower")
    pads: Pads = []
    for size, taps, stride, dilation in zip(spatial, kernel, strides, dilations, strict=True):
        steps = -(-size // stride) - 1
        total = max(steps * stride + (taps - 1) * dilation + 1 - size, 0)
        small, large = total // 2, total - total // 2
        pads.append((small, large) if kind == "same" else (large, small))
    return pads


def pad(a: Arguments) -> torch.Tensor:
    """Pads the last axes: constant, reflect (edge not repeated) or replicate. [iOS15.tensor_operation.pad]."""
    x, pads, mode = a.tensor("x"), pairs(a.integers("pad")), a.text("mode", "constant")
    kept = x.shape[: x.ndim - len(pads)]
    bounded(a.op, [*kept, *(size + sum(pad) for size, pad in zip(x.shape[len(kept) :], pads, strict=True))])
    if mode == "constant":
        value = a.number("constant_val", 0.0)
        return F.pad(x, torch_order(pads), value=value if x.is_floating_point() else int(value))
    if mode not in ("reflect", "replicate"):
        raise ArtifactError(f"pad: mode {mode!r} is none of constant, reflect, replicate")
    # By index and axis by axis: F.pad has these modes for some ranks only.
    for axis, (before, after) in enumerate(pads, start=x.ndim - len(pads)):
        size = x.shape[axis]
        index = torch.arange(-before, size + after)
        if mode == "reflect":
            index = index.abs()
            index = torch.where(index >= size, 2 * (size - 1) - index, index)
        else:
            index = index.clamp(0, size - 1)
        x = x.index_select(axis, index)
    return x
