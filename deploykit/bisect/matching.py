"""Which tensors of a file are which nodes of the program, told by their values.

Converters fuse, rename and lay out anew, so names prove little. A tensor is a node's if its elements are the node's
within the noise, in one of the orders that a change of layout gives.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deploykit.backends.base import Made
from deploykit.bisect.reference import Node, ratio

TALLEST = 5
"""Sizes above 1 of a tensor whose every order is tried; of more, only the usual ones."""
NEAR_DB = 0.0
"""Below this a tensor has nothing in common with a node."""


@dataclass
class FileOp:
    """A tensor of the file, and what came of it.

    Attributes:
        op: the type of the op that gave it.
        name: its own.
        operands: the tensors that the op took.
        node: the node that it is; empty where it is none.
        snr_db: how well it agrees with that node.
    """

    op: str
    name: str
    operands: tuple[str, ...]
    node: str = ""
    snr_db: float | None = None


@dataclass
class Found:
    """How well the file knows a node: the best tensor, and what comes near.

    Attributes:
        tensor: the tensor that is the node; empty where there is none.
        snr_db: of it.
        near: other tensors of the same sizes, with how well they agree.
    """

    tensor: str = ""
    snr_db: float | None = None
    near: list[tuple[float, str]] = field(default_factory=list)


class Matcher:
    """Takes a file's tensors as they come, and says which nodes they are.

    Args:
        nodes: by name.
        values: of the nodes, and of the program's inputs.
    """

    def __init__(self, nodes: Mapping[str, Node], values: Mapping[str, NDArray[Any]]) -> None:
        self.found: dict[str, Found] = {}
        self.tensors: dict[str, FileOp] = {}
        self.halves = 0
        self._nodes, self._values = nodes, values
        self._by_size: dict[int, list[str]] = defaultdict(list)
        self._energy: dict[str, float] = {}
        for name, node in nodes.items():
            if not node.constant and values[name].size:
                self.found[name] = Found()
                self._by_size[values[name].size].append(name)
                self._energy[name] = _energy(values[name])

    def see(self, made: Made) -> None:
        """Compares one tensor with all nodes that have as many elements."""
        self.halves += made.dtype == "float16"
        op = self.tensors[made.name] = FileOp(made.op, made.name, made.operands)
        if made.value.dtype.kind not in "fiub" or not made.value.size:
            return
        energy = _energy(made.value)
        for name in self._by_size.get(made.value.size, ()):
            node, wanted, found = self._nodes[name], self._values[name], self.found[name]
            if _may_be(self._energy[name], energy, node.required_db):
                snr = _best(wanted, made.value, node.required_db, layouts(wanted))
            elif found.tensor or not _near(self._energy[name], energy):
                continue
            else:
                snr = _best(wanted, made.value, node.required_db, usual(wanted))
            if snr >= node.required_db:
                if found.snr_db is None or snr > found.snr_db:
                    found.tensor, found.snr_db = made.name, snr
                if op.snr_db is None or snr > op.snr_db:
                    op.node, op.snr_db = name, snr
            elif snr > NEAR_DB:
                found.near.append((snr, made.name))

    def near(self, name: str) -> tuple[float, str] | None:
        """What comes nearest to a node that the file does not have, of the tensors that are no other node's."""
        free = [(snr, tensor) for snr, tensor in self.found[name].near if not self.tensors[tensor].node]
        return max(free, default=None)


def usual(value: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """A tensor as it is, with its channels last, and with them first."""
    yield value
    if value.ndim > 2:
        yield np.moveaxis(value, 1, -1)
        yield np.moveaxis(value, -1, 1)
        yield np.swapaxes(value, -1, -2)


def layouts(value: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """A tensor with its axes in every order, the usual ones first; axes of size 1 have no place."""
    yield from usual(value)
    plain = value.squeeze()
    if 1 < plain.ndim <= TALLEST:
        for order in itertools.permutations(range(plain.ndim)):
            yield plain.transpose(order)


def _best(wanted: NDArray[Any], got: NDArray[Any], enough: float, orders: Iterator[NDArray[Any]]) -> float:
    best = -math.inf
    for order in orders:
        best = max(best, ratio(order.reshape(-1), got.reshape(-1)))
        if best >= enough:
            break
    return best


def _energy(value: NDArray[Any]) -> float:
    """The length of a tensor as a vector, which no order of its elements changes; infinities left out."""
    wide = value.astype(np.float64).reshape(-1)
    return float(np.linalg.norm(wide if np.isfinite(wide).all() else wide[np.isfinite(wide)]))


def _may_be(wanted: float, got: float, required_db: float) -> bool:
    """Whether two lengths differ by no more than the noise that is allowed."""
    return abs(wanted - got) <= (10 ** (-required_db / 20) + 1e-12) * wanted


def _near(wanted: float, got: float) -> bool:
    return wanted > 0 and 0.25 < got / wanted < 4
