"""The reference runner: NumPy arrays in, NumPy arrays out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from deploykit.backends.base import Runner, Taken, Tensors
from deploykit.backends.coreml.reference.declared import Declared, TensorType
from deploykit.backends.coreml.reference.features import Feature, features, function_name, state_outputs
from deploykit.backends.coreml.reference.ops.limits import bounded
from deploykit.backends.coreml.reference.package import Package
from deploykit.backends.coreml.reference.precision import Mode, Precision
from deploykit.backends.coreml.reference.program import Program, Result
from deploykit.backends.coreml.reference.state import State
from deploykit.backends.coreml.reference.step import OnOutput
from deploykit.backends.coreml.reference.values import to_tensor
from deploykit.errors import ArtifactError


class ReferenceRunner(Runner):
    """Executes one function of a saved `.mlpackage` on the CPU.

    The package is read and checked here, once; a run reads no file.

    Args:
        path: the package.
        mode: the precision; see `Mode`.
        function: its name; without one, the package's default function.

    Raises:
        UnsupportedOpsError: if the program has ops that the runner does not know; names all of them.
        ArtifactError: if the package is damaged, is not an ML Program, or has no such function.
    """

    def __init__(self, path: Path, mode: Mode = "rounded", function: str | None = None) -> None:
        self._path = path
        precision, package = Precision.of(mode), Package(path)
        name = function_name(package, function)
        self._program: Program | None = Program(package, precision, name)
        self._given, self._made = features(package, name)
        self._state_outputs = state_outputs(package)

    @property
    def inputs(self) -> tuple[TensorType, ...]:
        """The function's inputs, in order."""
        return self._open().inputs

    @property
    def states(self) -> tuple[TensorType, ...]:
        """The function's states, in order."""
        return self._open().states

    @property
    def outputs(self) -> tuple[Declared, ...]:
        """The function's outputs, in order; a classifier's label and probabilities are no tensors."""
        return self._open().outputs

    def takes(self) -> tuple[Taken, ...]:
        """See `Runner.takes`."""
        return tuple(self._taken(item) for item in self.inputs)

    def make_state(self) -> State:
        """All states of the function, as zeros; each sequence of runs has its own."""
        program = self._open()
        return State(program.states, program.precision)

    def run(
        self,
        inputs: Mapping[str, Any],
        on_output: OnOutput | None = None,
        *,
        state: State | None = None,
        pictures: bool = False,
    ) -> dict[str, Any]:
        """Runs the artifact once.

        Args:
            inputs: every input of the function, by name, with its dtype (or bool) and shape; optional ones may be
                missing. An image input is a PIL image, or uint8 [H, W, 3] in the order red, green, blue (gray: [H, W]),
                which is brought to the declared layout and never resized; or what the function sees: its declared
                dtype, [1, C, H, W], 0 to 255, in the declared order of colours.
            on_output: called with an `OpOutput` after each op; for finding where values go wrong.
            state: from `make_state`, changed by the run; needed if the function has states, unless their values are
                given by name among the inputs: the run then starts with these, and gives what it leaves in them among
                the outputs, under the contract's names where deploykit made the package.
            pictures: whether image outputs are given as an app gets them, uint8 [H, W, 3] in the order red, green,
                blue (gray: [H, W]), in place of what the function computes.

        Returns:
            Every output of the function, by name: with its declared dtype in modes "rounded" and "pessimistic";
            floating point outputs with at least the mode's compute type in the others. A classifier gives its label
            (str or int) and a dictionary of each class's probability.

        Raises:
            ArtifactError: if the inputs are not those of the function, or an op cannot be executed.
        """
        program = self._open()
        if state is None and inputs.keys() & {item.name for item in program.states}:
            return self._run_with_states(inputs, on_output, pictures)
        given = {item.name: self._prepared(item, inputs) for item in program.inputs}
        problems = [
            *self._unknown(inputs, program),
            *(problem for item in program.inputs for problem in self._misfits(item, given[item.name])),
            *_state_problems(state, program),
        ]
        if problems:
            raise ArtifactError(f"{self._path} cannot be run with these inputs:\n" + "\n".join(problems))
        fed = {
            item.name: to_tensor(array, item.dtype)
            for item in program.inputs
            if (array := given[item.name]) is not None
        }
        results = program.run(fed, state or self.make_state(), on_output)
        return {item.name: self._left(item, results[item.name], pictures) for item in program.outputs}

    def run_steps(self, steps: Sequence[Tensors], states: Mapping[str, str]) -> list[Tensors]:
        """See `Runner.run_steps`. Where the package has the states itself, one state goes through all runs."""
        kept = [item.name for item in self.states]
        if not kept:
            return super().run_steps(steps, states)
        state, results = self.make_state(), []
        for name in kept:
            state[name] = steps[0][name]
        for inputs in steps:
            made = self.run({name: value for name, value in inputs.items() if name not in kept}, state=state)
            results.append(made | self._left_in(state))
        return results

    def _run_with_states(self, inputs: Mapping[str, Any], on_output: OnOutput | None, pictures: bool) -> dict[str, Any]:
        """A run whose states are given with its inputs, and come back with its outputs."""
        state = self.make_state()
        for name in state.names:
            if name not in inputs:
                raise ArtifactError(f"the state '{name}' of {self._path} is missing; give all of {list(state.names)}")
            state[name] = inputs[name]
        rest = {name: value for name, value in inputs.items() if name not in state.names}
        made = self.run(rest, on_output, state=state, pictures=pictures)
        return made | self._left_in(state)

    def _left_in(self, state: State) -> dict[str, NDArray[Any]]:
        """What a run left in the states, as outputs: float32, as arrays at the border are."""
        values = {self._state_outputs.get(name, name): state[name] for name in state.names}
        return {name: v.astype(np.float32) if v.dtype == np.float16 else v for name, v in values.items()}

    def run_afresh(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """See `Runner.run_afresh`."""
        return self.run(inputs, state=self.make_state())

    def close(self) -> None:
        """Lets go of the weights; safe to call twice."""
        self._program = None

    def _open(self) -> Program:
        if self._program is None:
            raise ArtifactError(f"the runner of {self._path} is closed; make a new one")
        return self._program

    def _taken(self, item: TensorType) -> Taken:
        feature = self._given.get(item.name, Feature(item.name))
        optional = feature.default is not None and item.fits(feature.default_shape)
        shape = None if item.any_rank else item.shape
        return Taken(item.name, item.dtype.array, shape, feature.layout is not None, optional)

    def _prepared(self, item: TensorType, inputs: Mapping[str, Any]) -> NDArray[Any] | None:
        """What is fed for an input: pictures as the program sees them, defaults for what is left out."""
        feature = self._given.get(item.name, Feature(item.name))
        if item.name not in inputs:
            if feature.default is None or not item.fits(feature.default_shape):
                return None
            bounded(f"the default of the input '{item.name}'", feature.default_shape)
            return np.full(feature.default_shape, feature.default).astype(item.dtype.array)
        value = inputs[item.name]
        picture = isinstance(value, np.ndarray) and value.dtype == np.uint8 and value.ndim < 4
        if feature.layout is not None and (picture or isinstance(value, Image.Image)):
            return feature.pixels(value, item)
        if not isinstance(value, np.ndarray):
            raise ArtifactError(f"the input '{item.name}' of {self._path} is a {type(value).__name__}, give an array")
        # Core ML's arrays have no bool: converters declare float32 (or int32) and cast behind it, and so do apps.
        return value.astype(item.dtype.array) if value.dtype == np.bool_ else value

    def _misfits(self, item: TensorType, array: NDArray[Any] | None) -> list[str]:
        """What is wrong with the array that is given for an input."""
        feature = self._given.get(item.name, Feature(item.name))
        if array is None:
            return [f"  the input '{item.name}' is missing; give {item.dtype.array} {item.shape_text}"]
        problems = []
        shape = array.shape[-2:] if feature.layout is not None else array.shape
        if not item.fits(array.shape):
            problems.append(f"  the input '{item.name}' has shape {list(array.shape)}, declared is {item.shape_text}")
        elif not feature.shapes.allows(shape):
            problems.append(f"  the input '{item.name}' has shape {list(shape)}, allowed is {feature.shapes}")
        if array.dtype != item.dtype.array:
            problems.append(f"  the input '{item.name}' is {array.dtype}, declared is {item.dtype.array}; use .astype")
        return problems

    def _left(self, item: Declared, result: Result, pictures: bool) -> Any:
        """An output as the caller gets it."""
        feature = self._made.get(item.name, Feature(item.name))
        if not isinstance(result, torch.Tensor) or not isinstance(item, TensorType):
            return result
        array = result.numpy()
        if feature.integer and array.size == 1:
            return int(array.item())
        if pictures and feature.layout is not None:
            return feature.picture(array)
        return array if item.dtype.is_float else array.astype(item.dtype.array)

    @staticmethod
    def _unknown(inputs: Mapping[str, Any], program: Program) -> list[str]:
        known = [item.name for item in program.inputs]
        return [f"  there is no input '{name}'; the inputs are {known}" for name in inputs if name not in known]


def _state_problems(state: State | None, program: Program) -> list[str]:
    names = [item.name for item in program.states]
    if state is None:
        return [f"  the function has the states {names}; give state=runner.make_state()"] if names else []
    if state.declared != program.states or state.precision != program.precision:
        return [f"  the state is that of another function or mode: {list(state.names)} in place of {names}"]
    return []
