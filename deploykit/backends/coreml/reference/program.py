"""A loaded program: its plan, executed on torch tensors."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from deploykit.backends.coreml.reference.declared import TensorType
from deploykit.backends.coreml.reference.package import Package
from deploykit.backends.coreml.reference.plan import plan_of
from deploykit.backends.coreml.reference.precision import Precision
from deploykit.backends.coreml.reference.state import State
from deploykit.backends.coreml.reference.step import OnOutput, Session
from deploykit.backends.coreml.reference.values import Probabilities, Value
from deploykit.errors import ArtifactError

Result = torch.Tensor | str | Probabilities
"""What an output can be."""


class Program:
    """One function of a package, in one precision."""

    def __init__(self, package: Package, precision: Precision, function: str) -> None:
        self.precision = precision
        with torch.inference_mode():
            self._plan = plan_of(package, precision, function)
        self.inputs = self._plan.inputs
        self.states = self._plan.states
        self.outputs = self._plan.outputs

    def run(self, inputs: Mapping[str, torch.Tensor], state: State, on_output: OnOutput | None) -> dict[str, Result]:
        """Executes all steps.

        Args:
            inputs: every input, of its declared type and shape.
            state: of this function.
            on_output: sees every intermediate value; must not change it.

        Returns:
            Every output, by name; tensors in the type in which the precision lets them leave.
        """
        with torch.inference_mode():
            values: dict[str, Value] = {name: self.precision.carry(value) for name, value in inputs.items()}
            values.update(state.cells)
            results = self._plan.block.run(values, Session(self.precision, on_output))
            left: dict[str, Result] = {}
            for item, value in zip(self.outputs, results, strict=True):
                if isinstance(value, torch.Tensor) and isinstance(item, TensorType):
                    # A copy: an output may be an input or a constant, which the caller must not get hold of.
                    left[item.name] = value.to(self.precision.border(item.dtype), copy=True)
                elif isinstance(value, str | dict):
                    left[item.name] = value
                else:
                    raise ArtifactError(f"the output '{item.name}' is a list or a state; the file is damaged")
            return left
