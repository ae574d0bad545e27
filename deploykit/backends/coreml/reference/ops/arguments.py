"""The arguments of one op, read by name and by type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch

from deploykit.backends.coreml.reference.declared import Declared
from deploykit.backends.coreml.reference.values import StateCell, TensorList, Value
from deploykit.errors import ArtifactError

BlockFunction = Callable[..., list[Value]]
"""A nested block: takes its inputs, executes its ops, gives its outputs."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one op; every parameter holds a sequence, mostly of one value.

    The typed readers raise ArtifactError, with the op's and the parameter's name, for what is missing or of another
    kind. Their `default` is the op's documented one; without it the parameter is required.

    Attributes:
        op: the op's type, for messages.
        values: parameter name → values.
        outputs: what the op declares to give.
        blocks: the op's nested blocks.
        narrow: whether sums of products are to be accumulated in fp16 (mode `pessimistic`, fp16 results).
        numbers: the elements of parameters that are small constants, read before.
    """

    op: str
    values: Mapping[str, Sequence[Value]]
    outputs: Sequence[Declared] = ()
    blocks: Sequence[BlockFunction] = ()
    narrow: bool = False
    numbers: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether the parameter is given."""
        return name in self.values

    def tensor(self, name: str) -> torch.Tensor:
        """A required tensor."""
        values = self.values.get(name, ())
        if len(values) == 1 and isinstance(value := values[0], torch.Tensor):
            return value
        tensors = self.tensors(name)
        raise ArtifactError(f"{self.op}: parameter '{name}' has {len(tensors)} values in place of one")

    def tensors(self, name: str) -> list[torch.Tensor]:
        """A required parameter of any number of tensors."""
        if name not in self.values:
            raise ArtifactError(f"{self.op}: the required parameter '{name}' is missing; the file is damaged")
        tensors = [value for value in self.values[name] if isinstance(value, torch.Tensor)]
        if len(tensors) != len(self.values[name]):
            raise ArtifactError(f"{self.op}: parameter '{name}' holds what is no tensor; the file is damaged")
        return tensors

    def optional(self, name: str) -> torch.Tensor | None:
        """An optional tensor."""
        return self.tensor(name) if name in self.values else None

    def every(self, name: str) -> Sequence[Value]:
        """A parameter of any number of values of any kind."""
        return self.values.get(name, ())

    def texts(self, name: str) -> tuple[str, ...] | None:
        """A list of texts, or None if the parameter is something else."""
        values = self.values.get(name, ())
        return values[0] if len(values) == 1 and isinstance(values[0], tuple) else None

    def tensor_list(self, name: str) -> TensorList:
        """A required list of tensors."""
        values = self.values.get(name, ())
        if len(values) != 1 or not isinstance(values[0], TensorList):
            raise ArtifactError(f"{self.op}: parameter '{name}' is not one list; the file is damaged")
        return values[0]

    def state(self, name: str) -> StateCell:
        """A required state."""
        values = self.values.get(name, ())
        if len(values) != 1 or not isinstance(values[0], StateCell):
            raise ArtifactError(f"{self.op}: parameter '{name}' is not one state; the file is damaged")
        return values[0]

    def block(self, index: int) -> BlockFunction:
        """A nested block."""
        if index >= len(self.blocks):
            raise ArtifactError(f"{self.op}: has {len(self.blocks)} blocks, needs block {index}; the file is damaged")
        return self.blocks[index]

    def number(self, name: str, default: float | None = None) -> float:
        """A float scalar."""
        if default is not None and name not in self.values:
            return default
        return float(self._scalar(name))

    def integer(self, name: str, default: int | None = None) -> int:
        """An integer scalar."""
        if default is not None and name not in self.values:
            return default
        return int(self._scalar(name))

    def flag(self, name: str, default: bool | None = None) -> bool:
        """A boolean scalar."""
        if default is not None and name not in self.values:
            return default
        return bool(self._scalar(name))

    def integers(self, name: str, default: Sequence[int] | None = None) -> list[int]:
        """A list of integers; a scalar is a list of one."""
        if default is not None and name not in self.values:
            return list(default)
        numbers = self.numbers.get(name)
        return [int(value) for value in (self.tensor(name).reshape(-1).tolist() if numbers is None else numbers)]

    def text(self, name: str, default: str | None = None) -> str:
        """A text."""
        if name not in self.values and default is not None:
            return default
        values = self.values.get(name, ())
        if len(values) != 1 or not isinstance(values[0], str):
            raise ArtifactError(f"{self.op}: parameter '{name}' is not one text; the file is damaged")
        return values[0]

    def _scalar(self, name: str) -> float:
        numbers = self.numbers.get(name, ())
        if len(numbers) == 1:
            return numbers[0]
        value = self.tensor(name)
        if value.numel() != 1:
            raise ArtifactError(f"{self.op}: parameter '{name}' has shape {list(value.shape)} in place of a scalar")
        return value.item()
