"""`Tall`: a tensor of more dimensions than a format has, carried as one of fewer; how it is permuted and broadcast."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import combinations, pairwise, permutations
from math import prod
from typing import Any

import torch
from torch.utils import _pytree as pytree

_largest: ContextVar[int] = ContextVar("_largest")

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Tall:
    """A tensor of high rank: the elements of `low`, row by row, in `shape`."""

    low: torch.Tensor
    shape: Shape

    def reshaped(self, *shape: int) -> torch.Tensor:
        """Its elements in another shape of low rank."""
        return _reshape(self.low, shape)


Value = torch.Tensor | Tall


@contextmanager
def at_most(rank: int) -> Iterator[None]:
    """Within it, tensors have so many dimensions at most."""
    before = _largest.set(rank)
    try:
        yield
    finally:
        _largest.reset(before)


def largest() -> int:
    """How many dimensions a tensor may have here.

    Raises:
        LookupError: outside of `at_most`.
    """
    return _largest.get()


def is_tall(value: Any) -> bool:
    """Whether a value of a program has a tensor of high rank."""
    return any(isinstance(t, torch.Tensor) and t.dim() > largest() for t in pytree.tree_leaves(value))


def tall_or_not(low: torch.Tensor, shape: Sequence[int]) -> Value:
    """A tensor where the shape's rank allows it, else a `Tall`."""
    return Tall(low, tuple(shape)) if len(shape) > largest() else _reshape(low, shape)


def whole(value: Any) -> Any:
    """The tensors that all `Tall`s of a nested value stand for."""
    return each(lambda v: v.low.reshape(v.shape) if isinstance(v, Tall) else v, value)


def each(function: Callable[[Any], Any], value: Any) -> Any:
    """A nested value with a function's results for its leaves, each `Tall` being one."""
    return pytree.tree_map(function, value, is_leaf=_is_tall)


def leaves(value: Any) -> list[Any]:
    """The leaves of a nested value, each `Tall` as one."""
    return pytree.tree_leaves(value, is_leaf=_is_tall)


def shape_of(value: Any) -> Shape:
    """As a plain tuple."""
    return tuple(value.shape)


def as_tall(value: Value) -> Tall:
    """Any tensor as a `Tall`."""
    return value if isinstance(value, Tall) else Tall(value, tuple(value.shape))


def permuted(x: Value, dims: Sequence[int]) -> Tall:
    """Its dimensions in another order, by permutations of low rank."""
    shape = shape_of(x)
    dims = [d % len(shape) for d in dims]
    wide = [d for d in dims if shape[d] != 1]
    order = sorted(wide)
    low = _transpose(as_tall(x).low, [shape[d] for d in order], [order.index(d) for d in wide])
    return Tall(low, tuple(shape[d] for d in dims))


def _transpose(low: torch.Tensor, sizes: list[int], order: list[int]) -> torch.Tensor:
    """A permutation of any rank as few of low rank: blocks of dimensions that stay together move together."""
    sizes, order = _merged(sizes, order)
    if order == sorted(order):
        return low
    if len(order) <= largest():
        return _reshape(low, sizes).permute(order)
    cuts, blocks = min(_moves(len(order)), key=lambda move: len(_merged(*_after(sizes, order, *move))[1]))
    bounds = [0, *cuts, len(sizes)]
    moved = _reshape(low, [prod(sizes[a:b]) for a, b in pairwise(bounds)]).permute(blocks)
    return _transpose(moved, *_after(sizes, order, cuts, blocks))


def _moves(rank: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Where a row of dimensions may be cut into blocks, and the orders of the blocks."""
    cuts = combinations(range(1, rank), largest() - 1)
    return [(cut, blocks) for cut in cuts for blocks in permutations(range(largest()))]


def _after(
    sizes: list[int], order: list[int], cuts: tuple[int, ...], blocks: tuple[int, ...]
) -> tuple[list[int], list[int]]:
    """What is left to do after a move: the sizes as they lie then, and the permutation from there."""
    bounds = [0, *cuts, len(sizes)]
    lies = [d for block in blocks for d in range(bounds[block], bounds[block + 1])]
    return [sizes[d] for d in lies], [lies.index(d) for d in order]


def _merged(sizes: list[int], order: list[int]) -> tuple[list[int], list[int]]:
    """Dimensions that stay neighbours in the same order are one."""
    runs: list[list[int]] = []
    for d in order:
        if runs and runs[-1][-1] == d - 1:
            runs[-1].append(d)
        else:
            runs.append([d])
    lies = sorted(runs)
    return [prod(sizes[d] for d in run) for run in lies], [lies.index(run) for run in runs]


def broadcast(value: Value, shape: Shape) -> Tall:
    """Broadcast to a shape: one dimension after the other, each at rank 3."""
    sizes, low = list(padded(value, len(shape))), as_tall(value).low
    for i, size in enumerate(shape):
        if sizes[i] != size:
            low = three(Tall(low, tuple(sizes)), i).expand(-1, size, -1)
            sizes[i] = size
    return Tall(low, shape)


def three(x: Value, dim: int) -> torch.Tensor:
    """Before, at and after a dimension."""
    shape = shape_of(x)
    dim %= len(shape)
    return as_tall(x).reshaped(prod(shape[:dim]), shape[dim], prod(shape[dim + 1 :]))


def padded(value: Any, rank: int) -> Shape:
    """Its shape with ones before it."""
    return (1,) * (rank - len(value.shape)) + shape_of(value)


def _is_tall(value: Any) -> bool:
    return isinstance(value, Tall)


def _reshape(x: torch.Tensor, shape: Sequence[int]) -> torch.Tensor:
    return x if tuple(x.shape) == tuple(shape) else x.reshape(tuple(shape))
