"""The states of a function between its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from numpy.typing import NDArray

from deploykit.backends.coreml.reference.declared import TensorType
from deploykit.backends.coreml.reference.precision import Precision
from deploykit.backends.coreml.reference.values import StateCell, to_tensor
from deploykit.errors import ArtifactError


class State:
    """What a function's states hold; made by `ReferenceRunner.make_state`, changed by each run that it is passed to.

    Attributes:
        declared: the states' names, types and shapes.
        precision: of the runner that made it.
    """

    def __init__(self, declared: Sequence[TensorType], precision: Precision) -> None:
        self.declared = tuple(declared)
        self.precision = precision
        self._cells = {
            item.name: StateCell(
                item,
                torch.zeros(
                    [size or 0 for size in item.shape],
                    dtype=precision.compute if item.dtype.is_float else item.dtype.tensor,
                ),
            )
            for item in declared
        }

    @property
    def names(self) -> tuple[str, ...]:
        """The states' names."""
        return tuple(self._cells)

    @property
    def cells(self) -> Mapping[str, StateCell]:
        """The states themselves, for the program."""
        return self._cells

    def __getitem__(self, name: str) -> NDArray[Any]:
        """A copy of one state's present value; floating point as the outputs of the runner's mode."""
        cell = self._cell(name)
        array: NDArray[Any] = cell.value.to(self.precision.border(cell.declared.dtype), copy=True).numpy()
        return array if cell.declared.dtype.is_float else array.astype(cell.declared.dtype.array)

    def __setitem__(self, name: str, value: NDArray[Any]) -> None:
        """Replaces one state's value by a copy of an array of its shape, rounded to its declared type."""
        cell = self._cell(name)
        if (value.dtype.kind == "f") != cell.declared.dtype.is_float:
            raise ArtifactError(f"the state '{name}' is {cell.declared.dtype.array}, what is given is {value.dtype}")
        cell.write(to_tensor(value.astype(cell.declared.dtype.array), cell.declared.dtype))

    def _cell(self, name: str) -> StateCell:
        if name not in self._cells:
            raise ArtifactError(f"there is no state '{name}'; the states are {list(self._cells)}")
        return self._cells[name]
