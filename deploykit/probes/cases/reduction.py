"""Reductions, running sums, sorting and searching."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from deploykit.probes.cases.base import Case, Input, bools, distinct, ints, normal, op, uniform

BLOCK, DISTINCT = normal(2, 3, 4, 5), distinct(3, 4, 5)

Function = Callable[..., Any]


def _nansum(x: torch.Tensor, dim: int) -> torch.Tensor:
    return torch.nansum(x.masked_fill(x > 0.5, float("nan")), dim)


_OVER: tuple[tuple[str, Function], ...] = (
    ("sum", torch.sum),
    ("mean", torch.mean),
    ("amax", torch.amax),
    ("amin", torch.amin),
)

_MORE: tuple[tuple[str, Function, Input, dict[str, Any]], ...] = (
    ("sum", torch.sum, BLOCK, {}),
    ("mean", torch.mean, BLOCK, {}),
    ("max", torch.max, BLOCK, {}),
    ("min", torch.min, BLOCK, {}),
    ("sum of int", torch.sum, ints(-9, 9, 3, 4), {"dim": 1}),
    ("sum of bool", torch.sum, bools(3, 4), {"dim": -1}),
    ("mean", torch.mean, normal(3, 4, 5), {"dim": (-1, 0)}),
    ("prod", torch.prod, uniform(0.3, 1.8, 3, 4), {"dim": 1}),
    ("prod", torch.prod, uniform(0.3, 1.8, 3, 4), {}),
    ("logsumexp", torch.logsumexp, normal(2, 3, 4, scale=9.0), {"dim": -1}),
    ("logsumexp", torch.logsumexp, normal(2, 3, 4, scale=90.0), {"dim": (1, 2), "keepdim": True}),
    ("any", torch.any, bools(3, 4, share=0.2), {"dim": 1}),
    ("all", torch.all, bools(4, 5, share=0.8), {"dim": 1, "keepdim": True}),
    ("any", torch.any, bools(3, 4, share=0.1), {}),
    ("all", torch.all, bools(4, share=0.99), {}),
    ("count_nonzero", torch.count_nonzero, ints(0, 3, 3, 5), {"dim": 1}),
    ("median", torch.median, distinct(3, 5), {"dim": 1}),
    ("aminmax", torch.aminmax, DISTINCT, {"dim": 1}),
    ("nansum", _nansum, BLOCK, {"dim": 1}),
    ("trace", torch.trace, normal(4, 4), {}),
    ("diff", torch.diff, normal(3, 6), {}),
    ("diff", torch.diff, normal(3, 6), {"n": 2, "dim": 0}),
    ("cumsum", torch.cumsum, normal(3, 6), {"dim": 1}),
    ("cumsum", torch.cumsum, normal(3, 4, 5), {"dim": -2}),
    ("cumsum of int", torch.cumsum, ints(-5, 6, 3, 6), {"dim": 1}),
    ("cumsum of bool", torch.cumsum, bools(3, 6), {"dim": -1}),
    ("cumprod", torch.cumprod, uniform(0.4, 1.7, 3, 6), {"dim": 1}),
    ("cummax", torch.cummax, distinct(3, 6), {"dim": 1}),
    ("logcumsumexp", torch.logcumsumexp, normal(3, 6), {"dim": 1}),
)

_STATISTICS: tuple[tuple[str, Function], ...] = (("var", torch.var), ("std", torch.std))

_SEARCH: tuple[tuple[str, Function, Input, dict[str, Any]], ...] = (
    *(
        (name, function, DISTINCT, {"dim": dim, "keepdim": keep})
        for name, function in (("argmax", torch.argmax), ("argmin", torch.argmin))
        for dim, keep in ((0, False), (-1, True), (1, False))
    ),
    ("argmax", torch.argmax, DISTINCT, {}),
    ("argmax of int", torch.argmax, Input("int64", (4, 9), 0, 10**6), {"dim": 1}),
    ("max", torch.max, DISTINCT, {"dim": 1}),
    ("min", torch.min, DISTINCT, {"dim": -1, "keepdim": True}),
    *(
        ("sort", torch.sort, DISTINCT, {"dim": dim, "descending": down})
        for dim, down in ((-1, False), (-1, True), (0, True), (1, False))
    ),
    ("argsort", torch.argsort, DISTINCT, {"dim": -1}),
    ("argsort", torch.argsort, DISTINCT, {"dim": 1, "descending": True}),
    *(
        ("topk", torch.topk, DISTINCT, {"k": k, "dim": dim, "largest": largest})
        for k, dim, largest in ((3, -1, True), (2, 0, True), (2, 1, False), (5, -1, False))
    ),
    ("kthvalue", torch.kthvalue, distinct(3, 7), {"k": 3}),
)


def _buckets(x: torch.Tensor, right: bool) -> torch.Tensor:
    return torch.bucketize(x, torch.tensor([-1.0, -0.5, 0.0, 0.5, 1.5]), right=right)


def _search(edges: torch.Tensor, x: torch.Tensor, right: bool) -> torch.Tensor:
    return torch.searchsorted(edges.sort(-1).values, x, right=right)


CASES: tuple[Case, ...] = (
    *(
        op(name, function, BLOCK, dim=dim, keepdim=keep)
        for name, function in _OVER
        for dim, keep in ((-1, False), (1, True), ((2, 3), False), ((0, -2), True))
    ),
    *(op(name, function, given, **parameters) for name, function, given, parameters in _MORE),
    *(
        op(name, function, BLOCK, dim=dim, correction=correction, keepdim=keep)
        for name, function in _STATISTICS
        for dim, correction, keep in (
            (-1, 1, False),
            (1, 0, True),
            ((2, 3), 1, True),
            (None, 1, False),
            ((1, 3), 2, False),
            ((2, 3), 0, False),
        )
    ),
    op("var_mean", torch.var_mean, BLOCK, dim=1, correction=1),
    *(op(name, function, given, **parameters) for name, function, given, parameters in _SEARCH),
    *(op("bucketize", _buckets, normal(3, 7), right=right) for right in (False, True)),
    *(op("searchsorted", _search, normal(2, 5), normal(2, 4), right=right) for right in (False, True)),
)
