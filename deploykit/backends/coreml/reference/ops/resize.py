"""Upsampling and resizing of the last axes.

The sampling modes are those of [iOS15.image_resizing.resize_bilinear]; positions are computed in double precision.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from deploykit.backends.coreml.reference.ops.arguments import Arguments
from deploykit.backends.coreml.reference.ops.limits import bounded
from deploykit.errors import ArtifactError


def upsample_nearest_neighbor(a: Arguments) -> torch.Tensor:
    """[…, H·sh, W·sw], each from input floor(i · in / out). [iOS15.image_resizing.upsample_nearest_neighbor]."""
    return _nearest_floor(a.tensor("x"), *_scaled_sizes(a))


def resize_nearest_neighbor(a: Arguments) -> torch.Tensor:
    """[…, height, width], each from input floor(i · in / out). [iOS15.image_resizing.resize_nearest_neighbor]."""
    return _nearest_floor(a.tensor("x"), *_sizes(a, a.integer("target_size_height"), a.integer("target_size_width")))


def upsample_bilinear(a: Arguments) -> torch.Tensor:
    """[…, H·sh, W·sw]; aligned corners by default, else half-pixel centres. [iOS16.image_resizing]."""
    if a.flag("align_corners", True):
        mode = "ALIGN_CORNERS"
    else:
        mode = "UNALIGN_CORNERS" if a.flag("half_pixel_centers", True) else "DEFAULT"
    return _bilinear(a.tensor("x"), *_scaled_sizes(a), mode)


def resize_bilinear(a: Arguments) -> torch.Tensor:
    """[…, height, width] by one of five sampling modes. [iOS15.image_resizing.resize_bilinear]."""
    height, width = _sizes(a, a.integer("target_size_height", 1), a.integer("target_size_width", 1))
    return _bilinear(a.tensor("x"), height, width, a.text("sampling_mode", "DEFAULT"))


def resize(a: Arguments) -> torch.Tensor:
    """The last resized_dims axes to those of `shape` (0 keeps), linear or nearest. [iOS17.image_resizing.resize].

    Nearest takes the *rounded* position, unlike resize_nearest_neighbor.
    """
    x, count = a.tensor("x"), a.integer("resized_dims")
    wished_shape = a.integers("shape")[-count:] if count else []
    kept = x.shape[: x.ndim - len(wished_shape)]
    bounded(a.op, [*kept, *(max(new or old, old) for new, old in zip(wished_shape, x.shape[len(kept) :], strict=True))])
    mode = a.text("sampling_mode", "DEFAULT")
    linear = a.text("interpolation_mode", "LINEAR") == "LINEAR"
    for axis, wished in enumerate(wished_shape, start=len(kept)):
        size = wished or x.shape[axis]
        positions = _positions(x.shape[axis], size, mode)
        x = _interpolate(x, axis, positions) if linear else _pick(x, axis, torch.floor(positions + 0.5))
    return x


def _scaled_sizes(a: Arguments) -> tuple[int, int]:
    # 1e-4: a scale is stored as fp32 and may lie a hair below the ratio that it stands for.
    height, width = a.tensor("x").shape[-2:]
    scale_height, scale_width = a.number("scale_factor_height", 1), a.number("scale_factor_width", 1)
    return _sizes(a, math.floor(height * scale_height + 1e-4), math.floor(width * scale_width + 1e-4))


def _sizes(a: Arguments, height: int, width: int) -> tuple[int, int]:
    x = a.tensor("x")
    # Height goes first: between the two axes the tensor has the new height and the old width.
    bounded(a.op, (*x.shape[:-2], height, max(width, x.shape[-1])))
    return height, width


_TORCH = {"STRICT_ALIGN_CORNERS": True, "ALIGN_CORNERS": True, "UNALIGN_CORNERS": False}
"""Sampling modes that torch has, too, by its `align_corners`: one pass in place of four."""


def _positions(size_in: int, size_out: int, mode: str) -> torch.Tensor:
    """Where on the input axis each output element is sampled; fp64 [size_out]."""
    i = torch.arange(size_out, dtype=torch.float64)
    if mode in ("STRICT_ALIGN_CORNERS", "ALIGN_CORNERS"):
        if size_out == 1:
            return i + ((size_in - 1) / 2 if mode == "ALIGN_CORNERS" else 0.0)
        at = i * (size_in - 1) / (size_out - 1)
    elif mode == "DEFAULT":
        at = i * size_in / size_out
    elif mode == "OFFSET_CORNERS":
        at = (i + 0.5) * max(1, size_in - 1) / size_out
    elif mode == "UNALIGN_CORNERS":
        at = (i + 0.5) * size_in / size_out - 0.5
    else:
        raise ArtifactError(f"resize: the sampling mode {mode!r} is not known")
    return at.clamp(0, size_in - 1)


def _bilinear(x: torch.Tensor, height: int, width: int, mode: str) -> torch.Tensor:
    if x.ndim == 4 and x.is_floating_point() and mode in _TORCH and min(height, width) > 1:
        return F.interpolate(x, (height, width), mode="bilinear", align_corners=_TORCH[mode])
    x = _interpolate(x, x.ndim - 2, _positions(x.shape[-2], height, mode))
    return _interpolate(x, x.ndim - 1, _positions(x.shape[-1], width, mode))


def _interpolate(x: torch.Tensor, axis: int, positions: torch.Tensor) -> torch.Tensor:
    if not x.is_floating_point():
        x = x.to(torch.float32)
    low = torch.floor(positions)
    weight = (positions - low).to(x.dtype).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
    return torch.lerp(_pick(x, axis, low), _pick(x, axis, low + 1), weight)


def _nearest_floor(x: torch.Tensor, height: int, width: int) -> torch.Tensor:
    for axis, size in ((x.ndim - 2, height), (x.ndim - 1, width)):
        # In integers: i · in / out in floating point can fall below a whole number.
        x = _pick(x, axis, torch.arange(size) * x.shape[axis] // size)
    return x


def _pick(x: torch.Tensor, axis: int, positions: torch.Tensor) -> torch.Tensor:
    return x.index_select(axis, positions.long().clamp(max=x.shape[axis] - 1))
