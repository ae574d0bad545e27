"""Sampling of images at given places."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from deploykit.backends.coreml.reference.ops.arguments import Arguments
from deploykit.backends.coreml.reference.ops.limits import bounded
from deploykit.errors import ArtifactError


def resample(a: Arguments) -> torch.Tensor:
    """x [B, C, H, W] at coordinates [B, H2, W2, (x, y)], bilinear or nearest. [iOS16.image_resizing.resample]."""
    x, grid, kind = a.tensor("x"), a.tensor("coordinates"), a.text("coordinates_mode")
    grid = grid if grid.is_floating_point() else grid.to(x.dtype)
    bounded(a.op, (*x.shape[:2], *grid.shape[1:3]))
    if plain := _torch_padding(a, x, grid):
        return F.grid_sample(x, grid, "bilinear", plain, a.flag("align_corners"))
    size = torch.tensor([x.shape[-1], x.shape[-2]], dtype=grid.dtype)
    if kind == "normalized_minus_one_to_one":
        grid = (grid + 1) / 2
    elif kind not in ("normalized_zero_to_one", "unnormalized"):
        raise ArtifactError(f"resample: the coordinates mode {kind!r} is not known")
    if kind != "unnormalized":
        grid = grid * (size - 1) if a.flag("align_corners") else grid * size - 0.5
    column, row = grid.unbind(-1)
    if a.text("sampling_mode") == "nearest":
        return _pixels(a, x, torch.floor(row + 0.5), torch.floor(column + 0.5))
    top, left = torch.floor(row), torch.floor(column)
    down, right = (row - top)[:, None], (column - left)[:, None]
    upper = torch.lerp(_pixels(a, x, top, left), _pixels(a, x, top, left + 1), right)
    lower = torch.lerp(_pixels(a, x, top + 1, left), _pixels(a, x, top + 1, left + 1), right)
    return torch.lerp(upper, lower, down)


def _torch_padding(a: Arguments, x: torch.Tensor, grid: torch.Tensor) -> str | None:
    """Torch's name of the padding, if the op is what grid_sample computes in one pass; it is then ten times faster."""
    if a.text("coordinates_mode") != "normalized_minus_one_to_one" or a.text("sampling_mode") != "bilinear":
        return None
    if a.text("padding_mode") == "constant" and a.number("padding_value", 0.0) != 0:
        return None
    same = x.dtype == grid.dtype and x.ndim == grid.ndim == 4
    return {"constant": "zeros", "border": "border"}.get(a.text("padding_mode")) if same else None


def affine(a: Arguments) -> torch.Tensor:
    """Bilinear samples of x at (a0 x + a1 y + a2, b0 x + b1 y + b2), x and y in -1 to 1. [iOS15.image_resizing.affine].

    The only variant that the op has: corners aligned, zeros outside.
    """
    x, matrix = a.tensor("x"), a.tensor("transform_matrix")
    shape = (*x.shape[:2], a.integer("output_height"), a.integer("output_width"))
    bounded(a.op, shape)
    if not a.flag("align_corners") or a.number("padding_value") != 0:
        raise ArtifactError("affine: only align_corners=True and padding_value=0 are defined; convert again")
    matrix = matrix.reshape(-1, 2, 3).expand(x.shape[0], 2, 3)
    return F.grid_sample(x, F.affine_grid(matrix, list(shape), align_corners=True), align_corners=True)


def crop_resize(a: Arguments) -> torch.Tensor:
    """Boxes of x, each resized bilinearly; what lies outside of x is pad_value. [iOS17.image_resizing.crop_resize].

    Before iOS 17 roi is [N, 1, 4 or 5 (the image's index first), 1, 1] and the result [N, B, C, h, w]; since then
    boxes is [N, 4], box_indices [N] and the result [N, C, h, w].
    """
    x, height, width = a.tensor("x"), a.integer("target_height", 1), a.integer("target_width", 1)
    if a.has("roi"):
        roi = a.tensor("roi").flatten(1)
        boxes, chosen = roi[:, -4:], roi[:, 0].long().tolist() if roi.shape[1] == 5 else None
    else:
        boxes = a.tensor("boxes")
        chosen = a.integers("box_indices", range(len(boxes)))
    images = x.shape[:1] if chosen is None else ([1] if a.has("roi") else [])
    bounded(a.op, (len(boxes), *images, x.shape[1], height, width))
    if not len(boxes):
        return x.new_zeros(0, *images, x.shape[1], height, width)
    crops = []
    for number, box in enumerate(boxes.tolist()):
        image = x if chosen is None else x[range(len(x))[chosen[number]]]
        crops.append(_crop(a, image, *_corners(a, box, x.shape[-2], x.shape[-1]), (height, width)))
    result = torch.stack(crops)
    return result.unsqueeze(1) if a.has("roi") and chosen is not None else result


def _pixels(a: Arguments, x: torch.Tensor, row: torch.Tensor, column: torch.Tensor) -> torch.Tensor:
    """x [B, C, H, W] at whole positions [B, H2, W2], by the op's padding where they lie outside."""
    mode, (height, width) = a.text("padding_mode"), x.shape[-2:]
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    # Clamped first: a float beyond int64 has no integer.
    bound = float(2**31)
    rows, columns = (
        _folded(mode, at.clamp(-bound, bound).long(), size) for at, size in ((row, height), (column, width))
    )
    batch = torch.arange(x.shape[0]).reshape(-1, 1, 1)
    taken = x.movedim(1, -1)[batch, rows, columns].movedim(-1, 1)
    return torch.where(inside[:, None], taken, a.number("padding_value", 0.0)) if mode == "constant" else taken


def _folded(mode: str, index: torch.Tensor, size: int) -> torch.Tensor:
    """Indices outside of 0 to size - 1, brought inside."""
    if mode in ("constant", "border"):
        return index.clamp(0, size - 1)
    if mode == "reflection":
        index = index % max(2 * size - 2, 1)
        return torch.where(index >= size, 2 * size - 2 - index, index)
    if mode == "symmetric":
        index = index % (2 * size)
        return torch.where(index >= size, 2 * size - 1 - index, index)
    raise ArtifactError(f"resample: the padding mode {mode!r} is not known")


Range = tuple[float, float]


def _corners(a: Arguments, box: list[float], height: int, width: int) -> tuple[Range, Range]:
    """The first and last row, and the first and last column, of a box."""
    mode = a.text("box_coordinate_mode", "CORNERS_HEIGHT_FIRST")
    first, second, third, fourth = box
    if mode.endswith("WIDTH_FIRST"):
        first, second, third, fourth = second, first, fourth, third
    if mode.startswith("CENTER_SIZE"):
        rows, columns = (first - third / 2, first + third / 2), (second - fourth / 2, second + fourth / 2)
    else:
        rows, columns = (first, third), (second, fourth)
    scale = a.number("spatial_scale", 1.0)
    down = scale * (height - 1 if a.flag("normalized_coordinates", False) else 1)
    right = scale * (width - 1 if a.flag("normalized_coordinates", False) else 1)
    return (rows[0] * down, rows[1] * down), (columns[0] * right, columns[1] * right)


def _crop(a: Arguments, image: torch.Tensor, rows: Range, columns: Range, size: tuple[int, int]) -> torch.Tensor:
    mode = a.text("sampling_mode", "DEFAULT")
    outside = torch.zeros(size, dtype=torch.bool)
    for axis, (ends, count) in enumerate(zip((rows, columns), size, strict=True)):
        length = image.shape[axis - 2]
        if mode == "UNALIGN_CORNERS" and ends[1] < ends[0]:
            ends = (0.0, length - 1.0)  # undocumented; what coremltools' test for iOS 15 holds Apple's runtime to
        at = _places(mode, ends, count)
        outside |= ((at < 0) | (at > length - 1)).reshape([-1, 1] if axis == 0 else [1, -1])
        at = at.clamp(0, length - 1)
        low = torch.floor(at)
        weight = (at - low).to(image.dtype).reshape([-1, 1] if axis == 0 else [-1])
        near, far = (
            image.index_select(axis - 2 + image.ndim, index.long().clamp(max=length - 1)) for index in (low, low + 1)
        )
        image = torch.lerp(near, far, weight)
    return torch.where(outside, a.number("pad_value", 0.0), image)


def _places(mode: str, ends: Range, count: int) -> torch.Tensor:
    """Where a box's axis is sampled; fp64 [count]. A box may run backwards."""
    (start, end), i = ends, torch.arange(count, dtype=torch.float64)
    if mode in ("STRICT_ALIGN_CORNERS", "ALIGN_CORNERS"):
        if count == 1:
            return i + (start if mode == "STRICT_ALIGN_CORNERS" else (start + end) / 2)
        return start + i * (end - start) / (count - 1)
    if mode == "DEFAULT":
        return start + i * (end - start + 1) / count
    if mode == "OFFSET_CORNERS":
        return start + (i + 0.5) * max(1.0, end - start) / count
    if mode == "UNALIGN_CORNERS":
        return (start + (i + 0.5) * (end - start + 1) / count - 0.5).clamp(start, end)
    raise ArtifactError(f"crop_resize: the sampling mode {mode!r} is not known")
