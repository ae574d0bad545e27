"""Runs an `.mlpackage` with Apple's runtime, on a Mac. Elsewhere `reference/` executes the same file."""

from __future__ import annotations

from pathlib import Path

import coremltools as ct
import numpy as np

from deploykit.backends.base import Runner, Tensors
from deploykit.errors import ArtifactError


class AppleRunner(Runner):
    """Core ML itself, on every compute unit that Core ML chooses."""

    def __init__(self, path: Path) -> None:
        self._model = ct.models.MLModel(str(path))

    def run(self, inputs: Tensors) -> Tensors:
        """See `Runner.run`."""
        try:
            return {name: np.asarray(value) for name, value in self._model.predict(inputs).items()}
        except Exception as error:  # coremltools raises plain Exception and RuntimeError here
            raise ArtifactError(f"Core ML cannot run the model: {error}") from error
