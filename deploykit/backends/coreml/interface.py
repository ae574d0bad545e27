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
    outputs = tuple(_feature(feature, path) for feature in description.output)
    block = function.block_specializations[function.opset]
    for kind, features, program in (
        ("inputs", inputs, [item.name for item in function.inputs]),
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
    return Interface(inputs=inputs, outputs=outputs, min_os=ios)


def _feature(feature: Any, path: Path) -> FileTensor:
    kind = feature.type.WhichOneof("Type")
    if kind != "multiArrayType":
        raise ArtifactError(f"the feature '{feature.name}' of {path.name} is a {kind}, not an array")
    array = feature.type.multiArrayType
    known = FeatureTypes_pb2.ArrayFeatureType.ArrayDataType.DESCRIPTOR.values_by_number
    dtype = known[array.dataType].name if array.dataType in known else ""
    if dtype not in DTYPES:
        raise ArtifactError(f"the feature '{feature.name}' of {path.name} has the unknown type {array.dataType}")
    return FileTensor(name=feature.name, dtype=DTYPES[dtype], shape=tuple(array.shape))
