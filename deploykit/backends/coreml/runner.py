"""Runs an `.mlpackage` with Apple's runtime, on a Mac. Elsewhere `reference/` executes the same file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import coremltools as ct
import numpy as np

from deploykit.backends.base import Runner, Tensors
from deploykit.backends.coreml.reference.features import STATE_PREFIX
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
        self._states = [feature.name for feature in description.state]
        noted = description.metadata.userDefined
        self._outputs = {name: noted.get(STATE_PREFIX + name, name) for name in self._states}

    def run(self, inputs: Tensors) -> Tensors:
        """See `Runner.run`. A model with states starts every run with fresh ones: draws do not see each other.

        Their values may be given among the inputs; what the run leaves in them is then among the outputs.
        """
        try:
            state: Any = self._model.make_state() if self._states else None
            told = [name for name in self._states if name in inputs]
            for name in told:
                state.write_state(name, np.asarray(inputs[name], np.float16))
            made = self._predict({name: value for name, value in inputs.items() if name not in told}, state)
            return made | {self._outputs[name]: np.asarray(state.read_state(name), np.float32) for name in told}
        except Exception as error:
            raise ArtifactError(f"Core ML cannot run the model: {error}") from error

    def run_steps(self, steps: Sequence[Tensors], states: Mapping[str, str]) -> list[Tensors]:
        """See `Runner.run_steps`. Where the model has the states itself, one state goes through all runs."""
        if not self._states:
            return super().run_steps(steps, states)
        results = []
        try:
            state = self._model.make_state()
            for name in self._states:
                state.write_state(name, np.asarray(steps[0][name], np.float16))
            for inputs in steps:
                made = self._predict({name: v for name, v in inputs.items() if name not in self._states}, state)
                left = {self._outputs[name]: np.asarray(state.read_state(name), np.float32) for name in self._states}
                results.append(made | left)
        except Exception as error:
            raise ArtifactError(f"Core ML cannot run the model: {error}") from error
        return results

    def _predict(self, inputs: Tensors, state: Any) -> Tensors:
        # predict() writes into the dictionary that it is given.
        given = {name: np.asarray(value, self._dtypes.get(name)) for name, value in inputs.items()}
        made = self._model.predict(given, *([] if state is None else [state]))
        return {name: np.asarray(value) for name, value in made.items()}
