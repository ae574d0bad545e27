"""The names at a file's border, which are whoever's made it, and the contract's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from deploykit.backends.base import Tensors
from deploykit.errors import ArgumentsError
from deploykit.manifest import FileTensor, Interface, Signature, TensorSpec
from deploykit.parity.interface import ACCEPTED

_NUMBER = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Border:
    """How a model's tensors are called and laid out in a file.

    Attributes:
        inputs: the contract's name → the file's.
        outputs: the same.
        types: the file's inputs, as NumPy types.
        last: the contract's names whose channels the file has last.
        shapes: the contract's outputs → their shapes.
    """

    inputs: dict[str, str]
    outputs: dict[str, str]
    types: dict[str, str] = field(default_factory=dict)
    last: frozenset[str] = frozenset()
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def to_file(self, tensors: Tensors) -> Tensors:
        """The contract's inputs as the file takes them."""
        fed = {}
        for name, value in tensors.items():
            laid = np.moveaxis(value, 1, -1) if name in self.last else value
            fed[self.inputs[name]] = np.ascontiguousarray(laid.astype(self.types[self.inputs[name]]))
        return fed

    def back(self, tensors: Tensors) -> Tensors:
        """The file's outputs as the contract has them."""
        return {
            name: np.moveaxis(tensors[theirs], -1, 1)
            if name in self.last
            else tensors[theirs].reshape(self.shapes[name])
            for name, theirs in self.outputs.items()
        }


def border_of(file: str, signature: Signature, found: Interface) -> Border:
    """Finds a model's inputs and outputs at the border of a file: by their names, else by their order.

    Args:
        file: what it is called, for messages.
        signature: of the model.
        found: what the file says of itself.

    Raises:
        ArgumentsError: naming everything in which the file is not of this model.
    """
    problems: list[str] = []
    last: set[str] = set()
    inputs = _paired("input", signature.inputs, found.inputs, problems, last)
    outputs = _paired("output", signature.outputs, found.outputs, problems, last)
    if problems:
        problems.append("a file has to take and give what the model takes and gives; was it made of another one?")
        raise ArgumentsError([f"{file} is not of this model:", *(f"  {problem}" for problem in problems)])
    return Border(
        inputs,
        outputs,
        {tensor.name: tensor.dtype for tensor in found.inputs},
        frozenset(last),
        {tensor.name: tensor.fixed for tensor in signature.outputs},
    )


def _paired(
    kind: str, wanted: Sequence[TensorSpec], found: Sequence[FileTensor], problems: list[str], last: set[str]
) -> dict[str, str]:
    by_name = {tensor.name: tensor for tensor in found}
    if len(found) != len(wanted):
        problems.append(f"it has {len(found)} {kind}(s) ({', '.join(by_name)}), the model {len(wanted)}")
        return {}
    if by_name.keys() == {tensor.name for tensor in wanted}:
        pairs = [(tensor, by_name[tensor.name]) for tensor in wanted]
    else:
        # args_10 comes after args_9, whatever the order in which a file lists them.
        pairs = list(zip(wanted, sorted(found, key=_natural) if _numbered(found) else found, strict=True))
    for ours, theirs in pairs:
        if theirs.dtype not in ACCEPTED[ours.dtype]:
            problems.append(f"its {kind} {theirs.name} is {theirs.dtype}, the model's {ours.name} is {ours.dtype}")
        shape = ours.fixed
        moved = (shape[0], *shape[2:], shape[1]) if len(shape) > 2 else shape
        if _fits(theirs.shape, shape):
            continue
        if _fits(theirs.shape, moved):
            last.add(ours.name)
        else:
            shapes = f"{list(theirs.shape)}, the model's {ours.name} {list(ours.shape)}"
            problems.append(f"its {kind} {theirs.name} is {shapes}")
    return {ours.name: theirs.name for ours, theirs in pairs}


def _fits(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return len(shape) == len(wanted) and all(a in (-1, b) for a, b in zip(shape, wanted, strict=True))


def _numbered(tensors: Sequence[FileTensor]) -> bool:
    return len({_NUMBER.sub("", tensor.name) for tensor in tensors}) == 1


def _natural(tensor: FileTensor) -> list[int]:
    return [int(number) for number in _NUMBER.findall(tensor.name)]
