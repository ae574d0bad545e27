"""Transforms: from what an app gives (a picture) to what the artifact takes.

This is the definition; the Kotlin and Swift runtimes execute the same steps and are compared to it:

1. the picture is turned upright by its EXIF orientation;
2. it becomes RGB (alpha is dropped), BGR, or gray by ITU-R 601-2 luma in integers:
   `(19595 R + 38470 G + 7471 B + 32768) >> 16`;
3. it is resized with Pillow's filters (antialiased when shrinking), first in width, then in height, each time to uint8:
   - `none`: to height × width;
   - `center`: the shorter side to `floor(size / crop_fraction)`, the longer to `int(side * longer / shorter)`, then the
     middle is cut out at `round((resized - size) / 2)`, halves to even (torchvision's `Resize` and `CenterCrop`);
   - `letterbox`: to `max(1, round(side * min(width / w, height / h)))`, then placed in the middle of black, an odd
     pixel below and right;
4. it is handed over as float32, 1 × height × width × channels, 0 … 255.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from deploykit.spec import ImageInput

FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}


def resized_size(spec: ImageInput, width: int, height: int) -> tuple[int, int]:
    """Width and height to which a picture of `width` × `height` is resized, before it is cut or padded."""
    out_h, out_w = spec.size
    if spec.crop == "none":
        return out_w, out_h
    if spec.crop == "letterbox":
        ratio = min(out_w / width, out_h / height)
        return max(1, round(width * ratio)), max(1, round(height * ratio))
    # timm and torchvision: one number for the shorter side, made from the larger side of the size.
    short = int(max(out_h, out_w) / spec.crop_fraction)
    return (short, int(short * height / width)) if width <= height else (int(short * width / height), short)


@dataclass(frozen=True)
class Placement:
    """Where a picture lies in the one that the artifact takes.

    Attributes:
        scale: of x and y.
        shift: of x and y, in the artifact's pixels, after scaling.
        width: of the picture that the artifact takes.
        height: of the same.
    """

    scale: tuple[float, float]
    shift: tuple[int, int]
    width: int
    height: int

    def of(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points × 2 (x, y) in the upright picture's pixels, as they lie in the artifact's."""
        placed: NDArray[np.float64] = points * np.array(self.scale) + np.array(self.shift)
        return placed


def placement(picture: Image.Image, spec: ImageInput) -> Placement:
    """Where `preprocess` puts a picture."""
    width, height = ImageOps.exif_transpose(picture).size
    return _placement(width, height, spec)


def _placement(width: int, height: int, spec: ImageInput) -> Placement:
    (out_h, out_w), (new_w, new_h) = spec.size, resized_size(spec, width, height)
    if spec.crop == "letterbox":  # floor division puts the odd pixel below and right
        shift = (out_w - new_w) // 2, (out_h - new_h) // 2
    else:
        shift = -round((new_w - out_w) / 2), -round((new_h - out_h) / 2)
    return Placement((new_w / width, new_h / height), shift, out_w, out_h)


def preprocess(picture: Image.Image, spec: ImageInput) -> NDArray[np.float32]:
    """A picture as the artifact's input: float32, 1 × height × width × channels, 0 … 255."""
    upright = ImageOps.exif_transpose(picture)
    colored = upright.convert("L" if spec.color == "gray" else "RGB")
    out_h, out_w = spec.size
    width, height = resized_size(spec, *colored.size)
    # One axis at a time: which one Pillow resizes first depends on its version, and it rounds in between.
    way = FILTERS[spec.resize]
    resized = colored.resize((width, colored.height), way).resize((width, height), way)
    if (width, height) != (out_w, out_h):
        left, top = (-shift for shift in _placement(*colored.size, spec).shift)
        resized = resized.crop((left, top, left + out_w, top + out_h))  # beyond the border PIL fills with black
    pixels = np.asarray(resized, dtype=np.float32).reshape(spec.shape)
    return np.ascontiguousarray(pixels[..., ::-1] if spec.color == "bgr" else pixels)
