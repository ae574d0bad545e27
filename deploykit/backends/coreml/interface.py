"""What an `.mlpackage` says of its border, in its two places: the features that apps see, and the program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coremltools.proto import FeatureTypes_pb2

from deploykit.backends.coreml.census import MINIMUM_OS
from deploykit.backends.coreml.reference.features import function_name
from deploykit.backends.coreml.reference.package import Package
from deploykit.errors import ArtifactError
from deploykit.manifest import FileTensor, Interface

DTYPES = {"FLOAT32": "float32", "FLOAT16": "float16", "DOUBLE": "float64", "INT32": "int32", "INT8": "int8"}
"""`ArrayFeatureType.ArrayDataType`: https://apple.github.io/coremltools/mlmodel/Format/FeatureTypes.html"""


def read_interface(path: Path) -> Interface:
    """Reads the default function's features. Deploykit writes arrays only, no images.

    Raises:
        ArtifactError: if the package is damaged, or its program and its features differ.
    """
    package = Package(path)
    description, name = package.spec.description, function_name(package, None)
    function = package.spec.mlProgram.functions[name]
    inputs = tuple(_feature(feature, path) for feature in description.input)
    states = tuple(_feature(feature, path) for feature in description.state)
    block = function.block_specializations[function.opset]
    made = _shapes(block)
    outputs = tuple(_feature(feature, path, made.get(feature.name)) for feature in description.output)
    for kind, features, program in (
        ("inputs", (*inputs, *states), [item.name for item in function.inputs]),
        ("outputs", outputs, list(block.outputs)),
    ):
        if sorted(tensor.name for tensor in features) != sorted(program):
            raise ArtifactError(
                f"the {kind} of {path.name} are called {sorted(t.name for t in features)} in its description and "
                f"{sorted(program)} in its program; convert again"
            )
    version, known = package.spec.specificationVersion, ", ".join(map(str, MINIMUM_OS))
    if version not in MINIMUM_OS:
        raise ArtifactError(f"{path.name} has specification version {version}; known are {known}")
    ios = MINIMUM_OS[version].split(",")[0].removeprefix("iOS ")
    return Interface(inputs=inputs, outputs=outputs, states=states, min_os=ios)


def _shapes(block: Any) -> dict[str, tuple[int, ...]]:
    """The sizes of everything that the main block makes; the description leaves those of open outputs out."""
    return {
        made.name: tuple(
            int(size.constant.size) if size.WhichOneof("dimension") == "constant" else -1
            for size in made.type.tensorType.dimensions
        )
        for op in block.operations
        for made in op.outputs
        if made.type.WhichOneof("type") == "tensorType"
    }


def _feature(feature: Any, path: Path, made: tuple[int, ...] | None = None) -> FileTensor:
    kind = feature.type.WhichOneof("Type")
    if kind not in ("multiArrayType", "stateType"):
        raise ArtifactError(f"the feature '{feature.name}' of {path.name} is a {kind}, not an array")
    array = feature.type.multiArrayType if kind == "multiArrayType" else feature.type.stateType.arrayType
    known = FeatureTypes_pb2.ArrayFeatureType.ArrayDataType.DESCRIPTOR.values_by_number
    dtype = known[array.dataType].name if array.dataType in known else ""
    if dtype not in DTYPES:
        raise ArtifactError(f"the feature '{feature.name}' of {path.name} has the unknown type {array.dataType}")
    shape = tuple(int(size) for size in array.shape) or made or ()
    return FileTensor(name=feature.name, dtype=DTYPES[dtype], shape=_open(array, shape))


def _open(array: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """With -1 for sizes that differ between the shapes that a feature allows."""
    kind = array.WhichOneof("ShapeFlexibility")
    if kind == "enumeratedShapes":
        sizes = zip(*(item.shape for item in array.enumeratedShapes.shapes), strict=True)
        return tuple(-1 if len(set(each)) > 1 else int(each[0]) for each in sizes)
    if kind == "shapeRange":
        ranges = array.shapeRange.sizeRanges
        return tuple(int(size.lowerBound) if size.lowerBound == size.upperBound else -1 for size in ranges)
    return shape
