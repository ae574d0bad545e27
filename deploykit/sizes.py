"""Sizes in a contract: fixed, or known at run time only and then a `[dim.NAME]` table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, PlainValidator, model_validator

from deploykit.strict import NAME, Sparse

LARGEST_SIZE = 2**24
"""Of a dimension. More is a slip of the keyboard; test inputs of that size would fill the memory."""


class DimSpec(Sparse):
    """`[dim.NAME]`: a size that is known at run time only: from `min` to `max`, or one of `values`.

    Inputs that name the same dimension have the same size there.
    """

    SPARSE = ("min", "max", "values", "default")

    min: Annotated[int, Field(ge=1, le=LARGEST_SIZE)] | None = None
    max: Annotated[int, Field(ge=1, le=LARGEST_SIZE)] | None = None
    multiple_of: Annotated[int, Field(ge=1)] = 1
    values: tuple[Annotated[int, Field(ge=1, le=LARGEST_SIZE)], ...] = ()
    default: int | None = None
    """Where most tests are, and what Core ML prepares for; the largest where it is not given."""

    @property
    def low(self) -> int:
        """The least size."""
        return self.min if self.min is not None else min(self.values)

    @property
    def high(self) -> int:
        """The largest size."""
        return self.max if self.max is not None else max(self.values)

    @property
    def size(self) -> int:
        """The default size."""
        return self.high if self.default is None else self.default

    def allows(self, size: int) -> bool:
        """Whether an app may give this size."""
        return size in self.values if self.values else self.low <= size <= self.high and size % self.multiple_of == 0

    def __str__(self) -> str:
        if self.values:
            return f"one of {', '.join(map(str, self.values))}"
        return f"{self.low} to {self.high}" + (f", a multiple of {self.multiple_of}" if self.multiple_of > 1 else "")

    @model_validator(mode="after")
    def _one_way(self) -> DimSpec:
        if self.values:
            if self.min is not None or self.max is not None or self.multiple_of > 1:
                raise ValueError(
                    "values are the sizes there are; leave min, max and multiple_of out, or leave out values"
                )
            if len(set(self.values)) < max(2, len(self.values)):
                raise ValueError("values needs two sizes or more, each once; a single size stands in the shape itself")
        elif self.min is None or self.max is None:
            raise ValueError("give min and max, or values = [...]: no format takes a size without an end")
        elif self.min >= self.max:
            raise ValueError(
                f"min = {self.min} is not below max = {self.max}; a size that never changes stands in the shape itself"
            )
        elif off := [size for size in (self.min, self.max) if size % self.multiple_of]:
            raise ValueError(f"{', '.join(map(str, off))} is no multiple of multiple_of = {self.multiple_of}")
        if self.default is not None and not self.allows(self.default):
            raise ValueError(f"default = {self.default} is no size that it allows: {self}")
        return self


def _size(value: object) -> int | str:
    """One size of a shape."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    if isinstance(value, str) and NAME.fullmatch(value):
        return value
    raise ValueError(f'{value!r} is no size; write a number of 1 or more, or the name of a [dim.NAME] table, as "time"')


Shape = tuple[Annotated[int | str, PlainValidator(_size)], ...]
"""Sizes, and names of dimensions whose size is known at run time only."""


def sized(shape: Shape, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """A shape in numbers.

    Args:
        shape: with names.
        sizes: of the dimensions.
    """
    return tuple(sizes[size] if isinstance(size, str) else size for size in shape)


def misfits(
    wanted: Mapping[str, Shape], dims: Mapping[str, DimSpec], shapes: Mapping[str, tuple[int, ...]]
) -> list[str]:
    """What is wrong with the sizes of inputs, each with the dimension's name.

    Args:
        wanted: the contract's shapes, by input.
        dims: the contract's dimensions.
        shapes: of the given inputs; of those that the contract does not have nothing is said.
    """
    found: dict[str, tuple[int, str]] = {}
    problems = []
    for name, shape in shapes.items():
        of_input = wanted.get(name, shape)
        if len(of_input) != len(shape):
            problems.append(f"the input '{name}' has {len(shape)} dimensions, the contract {len(of_input)}")
            continue
        for axis, (size, given) in enumerate(zip(of_input, shape, strict=True)):
            if isinstance(size, int):
                if size != given:
                    problems.append(f"the input '{name}' is {given} on axis {axis}, the contract says {size}")
                continue
            if not dims[size].allows(given):
                problems.append(f"{size} = {given} on axis {axis} of '{name}'; {size} is {dims[size]}")
            first, where = found.setdefault(size, (given, name))
            if first != given:
                problems.append(f"{size} is {first} in '{where}' and {given} in '{name}'; it is one size in both")
    return problems
