"""What a program declares its values to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deploykit.backends.coreml.reference.dtypes import DType


@dataclass(frozen=True, slots=True)
class TensorType:
    """A declared tensor.

    Attributes:
        name: its name.
        dtype: its type.
        shape: its sizes, with None for one that is known at run time only.
        any_rank: whether even the number of sizes is known at run time only; the shape says nothing then.
    """

    name: str
    dtype: DType
    shape: tuple[int | None, ...]
    any_rank: bool = False

    @property
    def shape_text(self) -> str:
        """The shape for messages, with ? for what is not known."""
        if self.any_rank:
            return "[...]"
        return f"[{', '.join('?' if size is None else str(size) for size in self.shape)}]"

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Whether a tensor of this shape can be it."""
        return (
            shape == self.shape
            or self.any_rank
            or (
                len(shape) == len(self.shape)
                and all(wished in (None, size) for wished, size in zip(self.shape, shape, strict=True))
            )
        )


@dataclass(frozen=True, slots=True)
class OtherType:
    """A declared value that is no tensor: a list of tensors, a classifier's label (text) or its probabilities."""

    name: str
    kind: Literal["list", "text", "dictionary"]


Declared = TensorType | OtherType
