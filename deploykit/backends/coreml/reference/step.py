"""One op of a program, and its execution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch

from deploykit.backends.coreml.reference.dtypes import DType
from deploykit.backends.coreml.reference.ops import OpFunction
from deploykit.backends.coreml.reference.ops.arguments import Arguments
from deploykit.backends.coreml.reference.precision import Precision
from deploykit.backends.coreml.reference.values import Value
from deploykit.errors import ArtifactError

_REMEDY = "the file is damaged, or does not allow inputs of these sizes"


@dataclass(frozen=True, slots=True)
class TensorType:
    """A declared tensor: its name, its type, and its shape, with None for a size that is known at run time only."""

    name: str
    dtype: DType
    shape: tuple[int | None, ...]

    @property
    def shape_text(self) -> str:
        """The shape for messages, with ? for what is not known."""
        return f"[{', '.join('?' if size is None else str(size) for size in self.shape)}]"

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Whether a tensor of this shape can be it."""
        return len(shape) == len(self.shape) and all(
            wished in (None, size) for wished, size in zip(self.shape, shape, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Reference:
    """An argument that an input or an earlier step provides."""

    name: str


@dataclass(frozen=True, slots=True)
class Step:
    """One op to execute.

    Attributes:
        op: its type.
        function: what executes it.
        arguments: parameter → constants (in the compute type) and references.
        outputs: what it declares to give.
        moves: whether its results are elements of its operands and need no rounding.
        dead: the names that no later step needs.
    """

    op: str
    function: OpFunction
    arguments: Mapping[str, tuple[Value | Reference, ...]]
    outputs: tuple[TensorType, ...]
    moves: bool
    dead: tuple[str, ...] = ()

    def references(self) -> Iterator[str]:
        """The names that it takes from inputs and earlier steps."""
        for values in self.arguments.values():
            for value in values:
                if isinstance(value, Reference):
                    yield value.name

    def execute(self, values: Mapping[str, torch.Tensor], precision: Precision) -> list[torch.Tensor]:
        """Executes the op.

        Args:
            values: what it refers to, in the compute type.
            precision: how results are brought to their declared types.

        Returns:
            One tensor per output, of its declared shape.
        """
        arguments = {
            parameter: [values[given.name] if isinstance(given, Reference) else given for given in every]
            for parameter, every in self.arguments.items()
        }
        try:
            result = self.function(Arguments(self.op, arguments))
        except (RuntimeError, ValueError, TypeError, LookupError, ArithmeticError) as error:
            # Torch refuses operands that do not fit each other; which class it raises depends on the op.
            raise ArtifactError(f"{self} cannot be executed: {error}; {_REMEDY}") from error
        results = (result,) if isinstance(result, torch.Tensor) else result
        if len(results) != len(self.outputs):
            raise ArtifactError(f"{self} gives {len(results)} outputs, declared are {len(self.outputs)}; convert again")
        return [
            self._settled(value, declared, precision) for value, declared in zip(results, self.outputs, strict=True)
        ]

    def _settled(self, value: torch.Tensor, declared: TensorType, precision: Precision) -> torch.Tensor:
        if not declared.fits(tuple(value.shape)):
            raise ArtifactError(
                f"{self} gives '{declared.name}' the shape {list(value.shape)}, declared is {declared.shape_text}; "
                f"{_REMEDY}"
            )
        if self.moves and value.dtype is precision.compute and declared.dtype.is_float:
            return value
        return precision.settle(value, declared.dtype)

    def __str__(self) -> str:
        return f"the op {self.op} '{self.outputs[0].name if self.outputs else 'without output'}'"
