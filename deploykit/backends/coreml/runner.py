"""Runs an `.mlpackage` with Apple's runtime, on a Mac. Elsewhere `reference/` executes the same file."""

from __future__ import annotations

from pathlib import Path

import coremltools as ct
import numpy as np

from deploykit.backends.base import Runner, Tensors
from deploykit.errors import ArtifactError
from deploykit.manifest import ComputeUnits

UNITS: dict[ComputeUnits, ct.ComputeUnit] = {
    "all": ct.ComputeUnit.ALL,
    "cpu_only": ct.ComputeUnit.CPU_ONLY,
    "cpu_and_gpu": ct.ComputeUnit.CPU_AND_GPU,
    "cpu_and_ne": ct.ComputeUnit.CPU_AND_NE,
}

FED = {"FLOAT16": np.float32, "FLOAT32": np.float32, "DOUBLE": np.float64, "INT32": np.int32, "INT8": np.int8}
"""What an input is given as, by the type that the model declares for it. Core ML takes no arrays of bool, so a
contract's bool is declared as one of these; coremltools itself turns float16 into float32 on the way in."""


class AppleRunner(Runner):
    """Core ML itself.

    Args:
        path: the package.
        compute_units: what Core ML may use; which of them an op runs on is its own choice.

    Raises:
        ArtifactError: if Core ML or coremltools cannot open the package.
    """

    def __init__(self, path: Path, compute_units: ComputeUnits = "all") -> None:
        try:
            self._model = ct.models.MLModel(str(path), compute_units=UNITS[compute_units])
            description = self._model.get_spec().description
        except Exception as error:  # coremltools raises plain Exception, RuntimeError and ValueError here
            raise ArtifactError(f"Core ML cannot open the model: {error}") from error
        kinds = {feature.name: feature.type.multiArrayType for feature in description.input}
        self._dtypes = {name: FED.get(kind.ArrayDataType.Name(kind.dataType)) for name, kind in kinds.items()}
        self._has_state = bool(description.state)

    def run(self, inputs: Tensors) -> Tensors:
        """See `Runner.run`. A model with states starts every run with fresh ones: draws do not see each other."""
        try:
            # predict() writes into the dictionary that it is given.
            given = {name: np.asarray(value, self._dtypes.get(name)) for name, value in inputs.items()}
            state = (self._model.make_state(),) if self._has_state else ()
            return {name: np.asarray(value) for name, value in self._model.predict(given, *state).items()}
        except Exception as error:
            raise ArtifactError(f"Core ML cannot run the model: {error}") from error
