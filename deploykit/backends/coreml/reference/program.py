"""A loaded program: its plan, executed on torch tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from deploykit.backends.coreml.reference.package import Package
from deploykit.backends.coreml.reference.plan import plan_of
from deploykit.backends.coreml.reference.precision import Precision

OnOutput = Callable[[str, str, torch.Tensor], None]
"""Called with an op's type, an output's name and its value (in the compute type) after each step."""


class Program:
    """The default function of a package, in one precision."""

    def __init__(self, path: Path, precision: Precision) -> None:
        self._precision = precision
        with torch.inference_mode():
            self._plan = plan_of(Package(path), precision)
        self.inputs = self._plan.inputs
        self.outputs = self._plan.outputs

    def run(self, inputs: Mapping[str, torch.Tensor], on_output: OnOutput | None = None) -> dict[str, torch.Tensor]:
        """Executes all steps.

        Args:
            inputs: every input, of its declared type and shape.
            on_output: sees every intermediate value; must not change it.

        Returns:
            Every output, by name, in the type in which the precision lets it leave.
        """
        precision = self._precision
        with torch.inference_mode():
            values = {**self._plan.constants, **{name: precision.carry(value) for name, value in inputs.items()}}
            for step in self._plan.steps:
                for output, value in zip(step.outputs, step.execute(values, precision), strict=True):
                    values[output.name] = value
                    if on_output is not None:
                        on_output(step.op, output.name, value)
                for name in step.dead:
                    del values[name]
            # Copies: an output may be an input or a constant, which the caller must not get hold of.
            return {item.name: values[item.name].to(precision.border(item.dtype), copy=True) for item in self.outputs}
