"""Order and classes, by ops that every converter has."""

from __future__ import annotations

from typing import Any

import torch


def sort(x: torch.Tensor, dim: int = -1, descending: bool = False) -> Any:
    """`aten.sort`, which promises no order of equal values, as the best of all."""
    if x.dim() == 0:
        return NotImplemented
    return tuple(torch.topk(x, x.shape[dim], dim, largest=descending))


def argsort(x: torch.Tensor, dim: int = -1, descending: bool = False) -> Any:
    """`aten.argsort`: see `sort`."""
    made = sort(x, dim, descending)
    return made if made is NotImplemented else made[1]


def one_hot(x: torch.Tensor, classes: int = -1) -> Any:
    """`aten.one_hot` of a known number of classes, as a comparison: int64 [..., classes]."""
    if classes < 1:
        return NotImplemented
    return (x.unsqueeze(-1) == torch.arange(classes, dtype=x.dtype)).to(torch.int64)


ORDERING: dict[str, Any] = {
    "aten.sort.default": sort,
    "aten.argsort.default": argsort,
}
