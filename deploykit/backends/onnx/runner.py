"""Runs an `.onnx` file with ONNX Runtime on the CPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from deploykit.backends.base import Runner, Taken, Tensors
from deploykit.errors import ArtifactError

_TYPES = {
    "tensor(bool)": np.dtype(np.bool_),
    "tensor(double)": np.dtype(np.float64),
    "tensor(float)": np.dtype(np.float32),
    "tensor(float16)": np.dtype(np.float16),
    "tensor(int8)": np.dtype(np.int8),
    "tensor(int16)": np.dtype(np.int16),
    "tensor(int32)": np.dtype(np.int32),
    "tensor(int64)": np.dtype(np.int64),
    "tensor(uint8)": np.dtype(np.uint8),
    "tensor(uint16)": np.dtype(np.uint16),
    "tensor(uint32)": np.dtype(np.uint32),
    "tensor(uint64)": np.dtype(np.uint64),
}
"""ONNX Runtime's names of the types that NumPy has, too."""


class OnnxRunner(Runner):
    """ONNX Runtime's CPU execution provider."""

    def __init__(self, path: Path) -> None:
        options = ort.SessionOptions()
        options.log_severity_level = 3
        try:
            self._session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its exceptions share no base class
            raise ArtifactError(f"ONNX Runtime cannot open {path.name}: {error}") from error
        self._path = path
        self._names = [output.name for output in self._session.get_outputs()]

    def takes(self) -> tuple[Taken, ...]:
        """See `Runner.takes`; a named size is one that is known at run time only."""
        return tuple(self._taken(node) for node in self._session.get_inputs())

    def _taken(self, node: Any) -> Taken:
        if node.type not in _TYPES:
            raise ArtifactError(f"the input '{node.name}' of {self._path} is {node.type}, known are {sorted(_TYPES)}")
        return Taken(node.name, _TYPES[node.type], tuple(s if isinstance(s, int) else None for s in node.shape))

    def run(self, inputs: Tensors) -> Tensors:
        """See `Runner.run`."""
        try:
            values = self._session.run(self._names, inputs)
        except Exception as error:
            raise ArtifactError(f"ONNX Runtime cannot run the model: {error}") from error
        return {name: np.asarray(value) for name, value in zip(self._names, values, strict=True)}
