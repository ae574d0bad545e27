"""What the model's description says of a function's border beyond its tensors: images, allowed shapes, defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from deploykit.backends.coreml.reference.declared import TensorType
from deploykit.backends.coreml.reference.package import Package
from deploykit.errors import ArtifactError

Layout = Literal["RGB", "BGR", "GRAYSCALE", "GRAYSCALE_FLOAT16"]
# ImageFeatureType.ColorSpace in coremltools' FeatureTypes.proto.
_LAYOUTS: dict[int, Layout] = {10: "GRAYSCALE", 20: "RGB", 30: "BGR", 40: "GRAYSCALE_FLOAT16"}
Interval = tuple[int, int | None]
"""The least and the largest size of an axis; None is unbounded."""


@dataclass(frozen=True, slots=True)
class Shapes:
    """The shapes that an input may have: one of several, or an interval per axis."""

    several: tuple[tuple[int, ...], ...] = ()
    intervals: tuple[Interval, ...] = ()

    def allows(self, shape: tuple[int, ...]) -> bool:
        """Whether an array of this shape may be fed."""
        if self.several:
            return shape in self.several
        if not self.intervals:
            return True
        return len(shape) == len(self.intervals) and all(
            low <= size and (high is None or size <= high)
            for size, (low, high) in zip(shape, self.intervals, strict=True)
        )

    def __str__(self) -> str:
        if self.several:
            return " or ".join(str(list(shape)) for shape in self.several)
        sizes = [str(low) if low == high else f"{low}..{'' if high is None else high}" for low, high in self.intervals]
        return f"[{', '.join(sizes)}]"


@dataclass(frozen=True, slots=True)
class Feature:
    """An input or output as an app sees it.

    Attributes:
        name: of the input or output.
        layout: the colours of an image, in the order in which the program sees them; None if it is no image.
        shapes: what an input may have; of an image (height, width).
        optional: whether an input may be left out.
        default: the value of all elements of an optional input that is left out, or None if there is none.
        default_shape: the shape of that input.
        integer: whether the value is one integer (the label of some classifiers).
    """

    name: str
    layout: Layout | None = None
    shapes: Shapes = Shapes()
    optional: bool = False
    default: float | None = None
    default_shape: tuple[int, ...] = ()
    integer: bool = False

    def pixels(self, value: Image.Image | NDArray[Any], declared: TensorType) -> NDArray[Any]:
        """A picture as the program sees it.

        Args:
            value: a PIL image of any mode, or uint8 [H, W, 3] in the order red, green, blue (of a gray input [H, W]),
                whatever order the program wants.
            declared: the function's input.

        Returns:
            The declared dtype, [1, C, H, W], 0 to 255, in the declared order of colours.
        """
        gray = self.layout not in ("RGB", "BGR")
        if isinstance(value, Image.Image):
            value = np.asarray(value.convert(("F" if value.mode == "F" else "L") if gray else "RGB"))
        if value.ndim != (2 if gray else 3) or (not gray and value.shape[2] != 3):
            wished = "[H, W]" if gray else "[H, W, 3]"
            raise ArtifactError(f"the image '{self.name}' has shape {list(value.shape)}, give {wished}")
        planes = value[None] if gray else value.transpose(2, 0, 1)[:: -1 if self.layout == "BGR" else 1]
        return np.ascontiguousarray(planes[None], declared.dtype.array)

    def picture(self, array: NDArray[Any]) -> NDArray[Any]:
        """What the program gives [1, C, H, W] as an app gets it: uint8 [H, W, 3] red, green, blue, or [H, W].

        Values are rounded to the nearest integer and cut off at 0 and 255; float16 [H, W] of that layout stays.
        """
        if array.ndim != 4 or array.shape[0] != 1 or array.shape[1] != (3 if self.layout in ("RGB", "BGR") else 1):
            raise ArtifactError(f"the image '{self.name}' has shape {list(array.shape)}, an image is [1, C, H, W]")
        if self.layout == "GRAYSCALE_FLOAT16":
            return np.array(array[0, 0], np.float16)
        whole: NDArray[np.uint8] = np.clip(np.rint(np.nan_to_num(array[0])), 0, 255).astype(np.uint8)
        planes = whole[:: -1 if self.layout == "BGR" else 1].transpose(1, 2, 0)
        return np.ascontiguousarray(planes[..., 0] if self.layout == "GRAYSCALE" else planes)


def function_name(package: Package, wished: str | None) -> str:
    """The function to run: the wished one, or the package's default."""
    return wished if wished is not None else str(package.spec.description.defaultFunctionName or "main")


def features(package: Package, function: str) -> tuple[Mapping[str, Feature], Mapping[str, Feature]]:
    """What the description says of a function's inputs, and of its outputs."""
    description = package.spec.description
    described = next((item for item in description.functions if item.name == function), description)
    return (
        {item.name: _feature(item, package) for item in described.input},
        {item.name: _feature(item, package) for item in described.output},
    )


STATE_PREFIX = "ai.deploykit.state."
"""Keys of a package's metadata: a state's name → the output that the contract has for it."""


def state_outputs(package: Package) -> Mapping[str, str]:
    """What deploykit noted of a package's states: the output that each stands for, where it was not a state."""
    noted = package.spec.description.metadata.userDefined
    return {key.removeprefix(STATE_PREFIX): noted[key] for key in noted if key.startswith(STATE_PREFIX)}


def _feature(described: Any, package: Package) -> Feature:
    kind, optional = described.type.WhichOneof("Type"), bool(described.type.isOptional)
    if kind == "imageType":
        image = described.type.imageType
        if image.colorSpace not in _LAYOUTS:
            raise ArtifactError(f"the image '{described.name}' of {package.path} has no known colour layout")
        return Feature(described.name, _LAYOUTS[image.colorSpace], _image_shapes(image), optional)
    if kind == "multiArrayType":
        array = described.type.multiArrayType
        kind = array.WhichOneof("defaultOptionalValue")
        default = getattr(array, kind) if optional and kind is not None else None
        return Feature(described.name, None, _array_shapes(array), optional, default, tuple(map(int, array.shape)))
    return Feature(described.name, optional=optional, integer=kind == "int64Type")


def _image_shapes(image: Any) -> Shapes:
    kind = image.WhichOneof("SizeFlexibility")
    if kind == "enumeratedSizes":
        default = (int(image.height), int(image.width))
        several = [(int(size.height), int(size.width)) for size in image.enumeratedSizes.sizes]
        return Shapes(several=tuple(dict.fromkeys([default, *several])))
    if kind == "imageSizeRange":
        ranges = image.imageSizeRange
        return Shapes(intervals=(_interval(ranges.heightRange), _interval(ranges.widthRange)))
    return Shapes(several=((int(image.height), int(image.width)),))


def _array_shapes(array: Any) -> Shapes:
    kind = array.WhichOneof("ShapeFlexibility")
    if kind == "enumeratedShapes":
        return Shapes(several=tuple(tuple(map(int, shape.shape)) for shape in array.enumeratedShapes.shapes))
    if kind == "shapeRange":
        return Shapes(intervals=tuple(_interval(size) for size in array.shapeRange.sizeRanges))
    return Shapes()


def _interval(sizes: Any) -> Interval:
    return int(sizes.lowerBound), None if sizes.upperBound < 0 else int(sizes.upperBound)
