"""Quantised activations."""

from __future__ import annotations

import torch

from deploykit.backends.coreml.reference.ops.arguments import Arguments
from deploykit.errors import ArtifactError

_RANGES = {"int8": (-128, 127), "uint8": (0, 255)}


def quantize(a: Arguments) -> torch.Tensor:
    """clip(round(input / scale) + zero_point) as int8 or uint8. [iOS17.quantization_ops.quantize]."""
    x, wished = a.tensor("input"), a.text("output_dtype")
    if wished not in _RANGES:
        raise ArtifactError(f"quantize: output_dtype {wished!r} is none of {', '.join(_RANGES)}")
    scale, zero = _parameters(a, x)
    low, high = _RANGES[wished]
    return (torch.round(x / scale) + zero).clamp(low, high)


def dequantize(a: Arguments) -> torch.Tensor:
    """Gives scale · (input - zero_point). [iOS17.quantization_ops.dequantize]."""
    x = a.tensor("input")
    scale, zero = _parameters(a, x)
    return (x.to(scale.dtype) - zero) * scale


def _parameters(a: Arguments, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Scale and zero point, scalars or one per index of axis."""
    scale, zero = a.tensor("scale"), a.optional("zero_point")
    axis = a.integer("axis", 0) % max(x.ndim, 1)
    shape = [-1 if i == axis else 1 for i in range(x.ndim)]
    zero = torch.zeros_like(scale) if zero is None else zero.to(scale.dtype)
    return scale.reshape(shape) if scale.ndim else scale, zero.reshape(shape) if zero.ndim else zero
