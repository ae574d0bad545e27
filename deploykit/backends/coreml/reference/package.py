"""Finds and parses the files of a `.mlpackage`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from coremltools.proto import Model_pb2
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # protobuf ships no types

from deploykit.backends.coreml.reference.blob import WeightFile
from deploykit.errors import ArtifactError

_WEIGHTS_PREFIX = "@model_path/"


class Package:
    """An opened `.mlpackage`.

    Attributes:
        path: the package's folder.
        spec: its parsed model specification; always an ML Program.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_dir():
            raise ArtifactError(f"{path} is not a folder; a Core ML package is a folder that ends in .mlpackage")
        self._model = _model_file(path)
        self.spec = _parse(self._model)
        self._weights: dict[str, WeightFile] = {}

    def weights(self, name: str) -> WeightFile:
        """The weight file that the program calls `name`, like '@model_path/weights/weight.bin'."""
        if name not in self._weights:
            relative = name.removeprefix(_WEIGHTS_PREFIX)
            file = _inside(self.path, self._model.parent / relative, f"the weight file {name!r}")
            if not file.is_file():
                raise ArtifactError(f"the weight file {file} is missing; copy the whole package, or convert again")
            self._weights[name] = WeightFile(file)
        return self._weights[name]


def _model_file(path: Path) -> Path:
    """The package's specification file, as named by its manifest."""
    manifest = path / "Manifest.json"
    try:
        content: Any = json.loads(manifest.read_text(encoding="utf-8"))
        relative = content["itemInfoEntries"][content["rootModelIdentifier"]]["path"]
        file = path / "Data" / str(relative)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"cannot read the package's manifest {manifest}: {error!r}; convert again") from error
    return _inside(path, file, "the model file")


def _inside(root: Path, file: Path, what: str) -> Path:
    """`file`, if it lies in `root` after links and dots are followed: a package must not read others' files."""
    try:
        resolved = file.resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise ArtifactError(f"{what} of {root} has no valid path: {error}; convert again") from error
    if not resolved.is_relative_to(root.resolve()):
        raise ArtifactError(f"{what} of {root} is {resolved}, outside of the package; refuse packages from strangers")
    return file


def _parse(file: Path) -> Any:
    """The specification in `file`; Any, because coremltools' protobuf modules have no types."""
    spec = Model_pb2.Model()
    try:
        spec.ParseFromString(file.read_bytes())
    except OSError as error:
        raise ArtifactError(f"cannot read the model file {file}: {error}; convert again") from error
    except DecodeError as error:
        raise ArtifactError(f"{file} is not a Core ML specification: {error}; convert again") from error
    kind = spec.WhichOneof("Type")
    if kind != "mlProgram":
        raise ArtifactError(f'{file} is a {kind}, not an ML Program; convert with convert_to="mlprogram"')
    return spec
