"""The reference runner: NumPy arrays in, NumPy arrays out."""

from __future__ import annotations

from pathlib import Path

from deploykit.backends.base import Runner, Tensors
from deploykit.backends.coreml.reference.precision import Mode, Precision
from deploykit.backends.coreml.reference.program import OnOutput, Program
from deploykit.backends.coreml.reference.step import TensorType
from deploykit.backends.coreml.reference.values import to_tensor
from deploykit.errors import ArtifactError


class ReferenceRunner(Runner):
    """Executes the default function of a saved `.mlpackage` on the CPU.

    The package is read and checked here, once; a run reads no file.

    Args:
        path: the package.
        mode: the precision; see `Mode`.

    Raises:
        UnsupportedOpsError: if the program has ops that the runner does not know; names all of them.
        ArtifactError: if the package is damaged or is not an ML Program.
    """

    def __init__(self, path: Path, mode: Mode = "rounded") -> None:
        self._path = path
        self._program: Program | None = Program(path, Precision.of(mode))

    @property
    def inputs(self) -> tuple[TensorType, ...]:
        """The function's inputs, in order."""
        return self._open().inputs

    @property
    def outputs(self) -> tuple[TensorType, ...]:
        """The function's outputs, in order."""
        return self._open().outputs

    def run(self, inputs: Tensors, on_output: OnOutput | None = None) -> Tensors:
        """Runs the artifact once.

        Args:
            inputs: every input of the function, by name, with its dtype and shape. An image input is what the
                function sees: float32 [1, C, H, W], 0 to 255, in the declared channel order.
            on_output: called with (op type, output name, value) after each op; for finding where values go wrong.

        Returns:
            Every output of the function, by name: with its declared dtype in mode "rounded"; floating point
            outputs with at least the mode's compute type in the others.

        Raises:
            ArtifactError: if the inputs are not those of the function, or an op cannot be executed.
        """
        program = self._open()
        problems = [*self._unknown(inputs, program), *(p for item in program.inputs for p in _misfits(item, inputs))]
        if problems:
            raise ArtifactError(f"{self._path} cannot be run with these inputs:\n" + "\n".join(problems))
        fed = {item.name: to_tensor(inputs[item.name], item.dtype) for item in program.inputs}
        results = program.run(fed, on_output)
        return {
            item.name: array if item.dtype.is_float else array.astype(item.dtype.array)
            for item in program.outputs
            for array in [results[item.name].numpy()]
        }

    def close(self) -> None:
        """Lets go of the weights; safe to call twice."""
        self._program = None

    def _open(self) -> Program:
        if self._program is None:
            raise ArtifactError(f"the runner of {self._path} is closed; make a new one")
        return self._program

    @staticmethod
    def _unknown(inputs: Tensors, program: Program) -> list[str]:
        known = [item.name for item in program.inputs]
        return [f"  there is no input '{name}'; the inputs are {known}" for name in inputs if name not in known]


def _misfits(item: TensorType, inputs: Tensors) -> list[str]:
    """What is wrong with the array that is given for an input."""
    if item.name not in inputs:
        return [f"  the input '{item.name}' is missing; give {item.dtype.array} {item.shape_text}"]
    array = inputs[item.name]
    problems = []
    if not item.fits(array.shape):
        problems.append(f"  the input '{item.name}' has shape {list(array.shape)}, declared is {item.shape_text}")
    if array.dtype != item.dtype.array:
        problems.append(f"  the input '{item.name}' is {array.dtype}, declared is {item.dtype.array}; use .astype")
    return problems
