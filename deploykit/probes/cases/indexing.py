"""Indexing, gathering and scattering."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from deploykit.probes.cases.base import Case, Input, bools, ints, layer, normal, op

BLOCK, TABLE = normal(4, 5, 6), normal(5, 6)

_SLICES: dict[str, Any] = {
    "x[1:3]": (slice(1, 3),),
    "x[:,-2:]": (slice(None), slice(-2, None)),
    "x[...,::2]": (..., slice(None, None, 2)),
    "x[:,1::3]": (slice(None), slice(1, None, 3)),
    "x[-1]": (-1,),
    "x[:,2,:-1]": (slice(None), 2, slice(None, -1)),
    "x[:,None,2:99]": (slice(None), None, slice(2, 99)),
    "x[...,-1,None]": (..., -1, None),
    "x[[2,0]]": ([2, 0],),
    "x[:,[0,-1,2]]": (slice(None), [0, -1, 2]),
    "x[[0,2],[1,3]]": ([0, 2], [1, 3]),
    "x[:,[0,2],[1,3]]": (slice(None), [0, 2], [1, 3]),
    "x[[0,2],:,[1,3]]": ([0, 2], slice(None), [1, 3]),
}


def _slice(x: torch.Tensor, what: str) -> torch.Tensor:
    return x[_SLICES[what]]


def _take(x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    return x[index]


def _take_inner(x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    return x[:, index]


def _take_pairs(x: torch.Tensor, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    return x[first, second]


def _gather(x: torch.Tensor, index: torch.Tensor, dim: int) -> torch.Tensor:
    return torch.gather(x, dim, index)


def _select(x: torch.Tensor, index: torch.Tensor, dim: int) -> torch.Tensor:
    return torch.index_select(x, dim, index)


def _along(x: torch.Tensor, index: torch.Tensor, dim: int) -> torch.Tensor:
    return torch.take_along_dim(x, index, dim)


def _permuted(x: torch.Tensor, dim: int) -> torch.Tensor:
    """Indices in which no place comes twice: where it does, the order of writing would decide."""
    return torch.argsort(torch.sin(torch.arange(float(x.numel())) * 7).reshape(x.shape), dim=dim)


def _scatter(x: torch.Tensor, source: torch.Tensor, dim: int) -> torch.Tensor:
    return x.scatter(dim, _permuted(source, dim), source)


def _scatter_add(x: torch.Tensor, index: torch.Tensor, source: torch.Tensor, dim: int) -> torch.Tensor:
    return x.scatter_add(dim, index, source)


def _scatter_value(x: torch.Tensor, index: torch.Tensor, dim: int) -> torch.Tensor:
    return x.scatter(dim, index, 2.5)


def _scatter_reduce(x: torch.Tensor, index: torch.Tensor, source: torch.Tensor, reduce: str) -> torch.Tensor:
    return x.scatter_reduce(1, index, source, reduce=reduce)


def _index_add(x: torch.Tensor, index: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
    return x.index_add(0, index, source)


def _index_copy(x: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
    return x.index_copy(0, torch.tensor([3, 0]), source)


def _index_put(x: torch.Tensor, source: torch.Tensor, accumulate: bool) -> torch.Tensor:
    return x.index_put((torch.tensor([3, 0]),), source, accumulate=accumulate)


def _assign(x: torch.Tensor, source: torch.Tensor, what: str) -> torch.Tensor:
    made = x.clone()
    made[_SLICES[what]] = source
    return made


def _assign_mask(x: torch.Tensor, value: float) -> torch.Tensor:
    made = x.clone()
    made[made > 0.5] = value
    return made


def _masked_fill(x: torch.Tensor, mask: torch.Tensor, value: float) -> torch.Tensor:
    return x.masked_fill(mask, value)


def _where(mask: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return torch.where(mask, x, y)


def _where_number(mask: torch.Tensor, x: torch.Tensor, value: float) -> torch.Tensor:
    return torch.where(mask, x, value)


def _narrow(x: torch.Tensor, dim: int, start: int, length: int) -> torch.Tensor:
    return torch.narrow(x, dim, start, length)


def _masked_by_rank(x: torch.Tensor) -> torch.Tensor:
    """A boolean mask that is known when exporting."""
    return x[torch.tensor([True, False, True, True])]


_INDICES: tuple[tuple[str, Any, tuple[Input, ...], dict[str, Any]], ...] = (
    ("x[index]", _take, (BLOCK, ints(0, 4, 3)), {}),
    ("x[index]", _take, (BLOCK, ints(-4, 4, 2, 3)), {}),
    ("x[:,index]", _take_inner, (BLOCK, ints(0, 5, 3)), {}),
    ("x[:,index]", _take_inner, (BLOCK, ints(0, 5, 2, 3)), {}),
    ("x[first,second]", _take_pairs, (BLOCK, ints(0, 4, 3), ints(0, 5, 3)), {}),
    ("x[first,second]", _take_pairs, (BLOCK, ints(0, 4, 3, 1), ints(0, 5, 1, 4)), {}),
    ("x[const mask]", _masked_by_rank, (BLOCK,), {}),
    ("gather", _gather, (BLOCK, ints(0, 4, 2, 5, 6)), {"dim": 0}),
    ("gather", _gather, (BLOCK, ints(0, 5, 3, 7, 4)), {"dim": 1}),
    ("gather", _gather, (BLOCK, ints(0, 6, 4, 5, 2)), {"dim": -1}),
    ("index_select", _select, (BLOCK, ints(0, 4, 6)), {"dim": 0}),
    ("index_select", _select, (BLOCK, ints(0, 6, 3)), {"dim": -1}),
    ("take_along_dim", _along, (TABLE, ints(0, 6, 5, 2)), {"dim": 1}),
    ("take_along_dim", _along, (TABLE, ints(0, 6, 1, 3)), {"dim": 1}),
    ("take", torch.take, (TABLE, ints(0, 30, 2, 4)), {}),
    ("narrow", _narrow, (BLOCK,), {"dim": 1, "start": 2, "length": 2}),
    ("narrow", _narrow, (BLOCK,), {"dim": -1, "start": -3, "length": 2}),
    ("scatter", _scatter, (TABLE, normal(5, 6)), {"dim": 1}),
    ("scatter", _scatter, (TABLE, normal(3, 4)), {"dim": 0}),
    ("scatter", _scatter_value, (TABLE, ints(0, 6, 5, 2)), {"dim": 1}),
    ("scatter_add", _scatter_add, (TABLE, ints(0, 6, 5, 8), normal(5, 8)), {"dim": 1}),
    ("scatter_add", _scatter_add, (TABLE, ints(0, 5, 7, 6), normal(7, 6)), {"dim": 0}),
    *(
        ("scatter_reduce", _scatter_reduce, (TABLE, ints(0, 6, 5, 8), normal(5, 8)), {"reduce": reduce})
        for reduce in ("sum", "amax", "mean")
    ),
    ("index_add", _index_add, (TABLE, ints(0, 5, 7), normal(7, 6)), {}),
    ("index_copy", _index_copy, (TABLE, normal(2, 6)), {}),
    ("index_put", _index_put, (TABLE, normal(2, 6)), {"accumulate": False}),
    ("index_put", _index_put, (TABLE, normal(2, 6)), {"accumulate": True}),
    ("assignment", _assign, (BLOCK, normal(2, 5, 6)), {"what": "x[1:3]"}),
    ("assignment", _assign, (BLOCK, normal(4, 2, 6)), {"what": "x[:,-2:]"}),
    ("assignment", _assign, (BLOCK, normal(4, 5, 3)), {"what": "x[...,::2]"}),
    ("assignment", _assign, (BLOCK, normal(4, 5)), {"what": "x[:,2,:-1]"}),
    ("assignment", _assign, (BLOCK, normal(2, 5, 6)), {"what": "x[[2,0]]"}),
    ("assignment", _assign, (BLOCK, normal(4, 3, 6)), {"what": "x[:,[0,-1,2]]"}),
    ("assignment by mask", _assign_mask, (TABLE,), {"value": -3.0}),
    ("masked_fill", _masked_fill, (TABLE, bools(5, 6)), {"value": -3.5}),
    ("masked_fill", _masked_fill, (TABLE, bools(6)), {"value": float("-inf")}),
    ("masked_fill of int", _masked_fill, (ints(-9, 9, 3, 4), bools(3, 4)), {"value": 7}),
    ("where", _where, (bools(5, 6), TABLE, normal(5, 6)), {}),
    ("where", _where, (bools(5, 1), TABLE, normal(1)), {}),
    ("where", _where, (bools(2, 1, 6), TABLE, normal(2, 5, 1)), {}),
    ("where", _where_number, (bools(5, 6), TABLE), {"value": 0.25}),
    ("where of int", _where, (bools(3, 4), ints(-9, 9, 3, 4), ints(-9, 9, 4)), {}),
    ("embedding", F.embedding, (ints(0, 9, 2, 5), normal(9, 4)), {}),
    ("one_hot", F.one_hot, (ints(0, 6, 2, 5),), {"num_classes": 6}),
)


def _embedding(padding_idx: int | None) -> nn.Module:
    return nn.Embedding(9, 4, padding_idx=padding_idx)


CASES: tuple[Case, ...] = (
    *(op("slice", _slice, BLOCK, what=what) for what in _SLICES),
    *(op(name, function, *given, **parameters) for name, function, given, parameters in _INDICES),
    *(layer("Embedding", _embedding, ints(0, 9, 2, 5), padding_idx=index) for index in (None, 3)),
    layer("EmbeddingBag", nn.EmbeddingBag, ints(0, 9, 2, 5), num_embeddings=9, embedding_dim=4, mode="mean"),
)
