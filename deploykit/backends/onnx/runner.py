"""Runs an `.onnx` file with ONNX Runtime on the CPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort

from deploykit.backends.base import Runner, Tensors
from deploykit.errors import ArtifactError


class OnnxRunner(Runner):
    """ONNX Runtime's CPU execution provider."""

    def __init__(self, path: Path) -> None:
        options = ort.SessionOptions()
        options.log_severity_level = 3
        try:
            self._session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its exceptions share no base class
            raise ArtifactError(f"ONNX Runtime cannot open {path.name}: {error}") from error
        self._names = [output.name for output in self._session.get_outputs()]

    def run(self, inputs: Tensors) -> Tensors:
        """See `Runner.run`."""
        try:
            values = self._session.run(self._names, inputs)
        except Exception as error:
            raise ArtifactError(f"ONNX Runtime cannot run the model: {error}") from error
        return {name: np.asarray(value) for name, value in zip(self._names, values, strict=True)}
