"""Convolutions over one, two or three spatial axes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
import torch.nn.functional as F

from deploykit.backends.coreml.reference.ops import narrow
from deploykit.backends.coreml.reference.ops.arguments import Arguments
from deploykit.backends.coreml.reference.ops.limits import bounded
from deploykit.backends.coreml.reference.ops.padding import Pads, pairs, torch_order, window_pads
from deploykit.errors import ArtifactError

# Real models stay far below; above it speed does not matter.
_LARGEST_STEP = 64
_CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
_CONV_TRANSPOSE = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


def conv(a: Arguments) -> torch.Tensor:
    """Cross-correlation; x [N, C, *D], weight [O, C/groups, *K], bias [O]. [iOS15.conv.conv]."""
    return _conv(a, a.tensor("weight"))


def conv_quantized(a: Arguments) -> torch.Tensor:
    """Gives conv with the weights weight · quant_scale + quant_bias, one of each per output. [iOS15.conv]."""
    weight, kind = a.tensor("weight"), a.text("quantization_type")
    if kind != "linear":
        raise ArtifactError(f"conv_quantized: quantization type {kind!r}; only linear is documented")
    scale, bias = (_per_output(a.tensor(name), weight) for name in ("quant_scale", "quant_bias"))
    return _conv(a, weight.to(scale.dtype) * scale + bias)


def _per_output(value: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return value.reshape([-1] + [1] * (weight.ndim - 1)) if value.numel() > 1 else value.reshape([])


def _conv(a: Arguments, weight: torch.Tensor) -> torch.Tensor:
    x, bias, groups = a.tensor("x"), a.optional("bias"), a.integer("groups", 1)
    axes = _spatial_axes(a.op, x)
    ones = [1] * axes
    strides, dilations = a.integers("strides", ones), a.integers("dilations", ones)
    pads = window_pads(a, x.shape[2:], weight.shape[2:], strides, dilations)
    if a.narrow:
        y = narrow.convolution(F.pad(x, torch_order(pads)), weight, strides, dilations, groups)
        return y if bias is None else y + bias.reshape([1, -1, *ones])
    if all(before == after for before, after in pads):
        padding = [before for before, _ in pads]
    else:
        x, padding = F.pad(x, torch_order(pads)), [0] * axes
    with _library(strides, dilations):
        return _CONV[axes](x, weight, bias, strides, padding, dilations, groups)


def conv_transpose(a: Arguments) -> torch.Tensor:
    """The gradient of conv; weight [C, O/groups, *K]; pads crop the output. [iOS15.conv.conv_transpose]."""
    x, weight, bias = a.tensor("x"), a.tensor("weight"), a.optional("bias")
    axes = _spatial_axes(a.op, x)
    ones = [1] * axes
    strides, dilations, groups = a.integers("strides", ones), a.integers("dilations", ones), a.integer("groups", 1)
    full = [
        (size - 1) * stride + (taps - 1) * dilation + 1
        for size, taps, stride, dilation in zip(x.shape[2:], weight.shape[2:], strides, dilations, strict=True)
    ]
    bounded(a.op, [x.shape[0], weight.shape[1] * groups, *full])
    with _library(strides, dilations):
        y = _CONV_TRANSPOSE[axes](x, weight, None, strides, 0, 0, groups, dilations)
    pads = _crops(a, list(y.shape[2:]), [size * stride for size, stride in zip(x.shape[2:], strides, strict=True)])
    if a.has("output_shape"):
        sizes = a.integers("output_shape")[-axes:]
    else:
        sizes = [size - sum(pad) for size, pad in zip(y.shape[2:], pads, strict=True)]
    for axis, ((before, _), size) in enumerate(zip(pads, sizes, strict=True), start=2):
        # An output_shape beyond the full result is torch's output_padding: only the bias gets there.
        missing = before + size - y.shape[axis]
        bounded(a.op, [*y.shape[:axis], before + size, *y.shape[axis + 1 :]])
        if missing > 0:
            y = F.pad(y, torch_order([(0, 0)] * axis + [(0, missing)] + [(0, 0)] * (y.ndim - axis - 1)))
        y = y.narrow(axis, before, size)
    return y if bias is None else y + bias.reshape([1, -1, *ones])


def _library(strides: Sequence[int], dilations: Sequence[int]) -> AbstractContextManager[None]:
    """Keeps hostile steps from oneDNN, whose kernels of torch 2.14 crash the process (conv_transpose, stride 65536)."""
    if max(*strides, *dilations) <= _LARGEST_STEP:
        return nullcontext()
    flags: AbstractContextManager[None] = torch.backends.mkldnn.flags(enabled=False)
    return flags


def _crops(a: Arguments, full: list[int], same: list[int]) -> Pads:
    """What is cut off the full result; `same` crops it to input · stride."""
    kind = a.text("pad_type", "valid")
    if kind == "valid":
        return [(0, 0)] * len(full)
    if kind == "custom":
        return pairs(a.integers("pad", [0, 0] * len(full)))
    if kind not in ("same", "same_lower"):
        raise ArtifactError(f"{a.op}: pad_type {kind!r} is none of valid, custom, same, same_lower")
    totals = [size - wished for size, wished in zip(full, same, strict=True)]
    return [(total // 2, total - total // 2) for total in totals]


def _spatial_axes(op: str, x: torch.Tensor) -> int:
    if not 3 <= x.ndim <= 5:
        raise ArtifactError(f"{op}: x has shape {list(x.shape)}; its rank must be 3, 4 or 5")
    return x.ndim - 2
