"""Choices along an axis as LiteRT's GATHER, which mobile GPUs take; litert-torch makes GATHER_ND of them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import litert_torch.backend.experimental.torch_tfl  # noqa: F401  # registers torch.ops.tfl, and how it is lowered
import torch

Tensor = torch.Tensor


def index_select(x: Tensor, dim: int, index: Tensor) -> Any:
    """`aten.index_select`: [..., n, ...] and [k] → [..., k, ...]."""
    return _chosen(x, dim % x.dim(), index) if x.dim() and index.dim() == 1 else NotImplemented


def index(x: Tensor, indices: Sequence[Tensor | None]) -> Any:
    """`aten.index` along one axis or neighbouring ones, which then are one: index [i, j] → [i · n + j]."""
    axes = [axis for axis, one in enumerate(indices) if one is not None]
    chosen = [one for one in indices if one is not None]
    if not axes or axes != list(range(axes[0], axes[-1] + 1)):  # otherwise the result's axes are in another order
        return NotImplemented
    if any(one.dtype in (torch.bool, torch.uint8) for one in chosen):  # how many are chosen depends on the data
        return NotImplemented
    before, sizes, after = x.shape[: axes[0]], x.shape[axes[0] : axes[-1] + 1], x.shape[axes[-1] + 1 :]
    place, *others = [torch.where(one < 0, one + size, one) for size, one in zip(sizes, chosen, strict=True)]
    for size, other in zip(sizes[1:], others, strict=True):
        place = place * size + other
    made = _chosen(x.reshape([*before, prod(sizes), *after]), len(before), place.reshape(-1))
    return made.reshape([*before, *place.shape, *after])


def _chosen(x: Tensor, axis: int, places: Tensor) -> Tensor:
    made: Tensor = torch.ops.tfl.gather(x, places.to(torch.int32), axis)
    return made


CHOICES: dict[str, Any] = {
    "aten.index_select.default": index_select,
    "aten.index.Tensor": index,
}
