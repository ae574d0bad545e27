"""Broadcasts as copies. litert-torch 0.10 moves a transpose before a broadcast and forgets to permute its shape.

The transpose need not be in sight: attention has one inside, and so has every change of layout around a convolution.
Whole copies (a concatenation or a gather) are right everywhere; arithmetic takes the value from before the broadcast.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

_FEW = 8
"""Up to as many copies are one concatenation; more are concatenations of concatenations. Mobile GPUs have no other op
that copies: LiteRT's refuses BROADCAST_TO, and the gather that a choice of places becomes."""

_SOURCE = "_deploykit_before_the_broadcast"


def expand(x: torch.Tensor, sizes: Sequence[int], implicit: bool = False) -> Any:
    """`aten.expand`: see `copies`."""
    missing = len(sizes) - x.dim()
    return copies(x, [x.shape[i - missing] if size == -1 else int(size) for i, size in enumerate(sizes)])


def expand_as(x: torch.Tensor, other: torch.Tensor) -> Any:
    """`aten.expand_as`: see `copies`."""
    return copies(x, list(other.shape))


def copies(x: torch.Tensor, sizes: Sequence[int]) -> Any:
    """The value of this shape, each repeated part written out.

    Args:
        x: any shape that can be broadcast.
        sizes: the whole new shape.
    """
    made = x.reshape([1] * (len(sizes) - x.dim()) + list(x.shape))
    axes = [axis for axis, size in enumerate(sizes) if made.shape[axis] != size]
    if not axes:
        return NotImplemented
    for axis in axes:
        made = _copy(made, axis, sizes[axis])
    setattr(made, _SOURCE, x)
    return made


def repeat(x: torch.Tensor, repeats: Sequence[int]) -> Any:
    """`aten.repeat`, `aten.tile`: the whole tensor several times along an axis."""
    repeats = [1] * (x.dim() - len(repeats)) + list(repeats)
    if 0 in repeats or max(repeats) == 1:
        return NotImplemented
    made = x.reshape([1] * (len(repeats) - x.dim()) + list(x.shape))
    for axis, times in enumerate(repeats):
        if times > 1:
            made = _copy(made, axis, times)
    return made


def repeat_interleave(x: torch.Tensor, repeats: int, dim: int | None = None, *, output_size: int | None = None) -> Any:
    """`aten.repeat_interleave.self_int` of an axis of size 1, which is a broadcast."""
    if dim is None or x.shape[dim] != 1 or repeats < 2:
        return NotImplemented
    return _copy(x, dim % x.dim(), repeats)


def matmul(a: torch.Tensor, b: torch.Tensor) -> Any:
    """`aten.matmul` whose batch axes are broadcast against each other."""
    if a.dim() < 3 or b.dim() < 3:
        return NotImplemented
    batch = torch.broadcast_shapes(a.shape[:-2], b.shape[:-2])  # type: ignore[no-untyped-call]  # torch gives it no types
    whole = [written_out(x, batch) for x in (a, b)]
    return NotImplemented if whole[0] is a and whole[1] is b else whole[0] @ whole[1]


def written_out(x: torch.Tensor, batch: Sequence[int]) -> torch.Tensor:
    """A matrix with these batch axes, each copied where it was broadcast; itself if there is nothing to do."""
    made = copies(x, [*batch, *x.shape[-2:]])
    return x if made is NotImplemented else made


def _copy(x: torch.Tensor, axis: int, times: int) -> torch.Tensor:
    """The whole tensor several times along an axis: 20 copies are 2 of 8 and 4."""
    parts = [x] * (times % _FEW)
    if times >= _FEW:
        parts = [_copy(torch.cat([x] * _FEW, axis), axis, times // _FEW), *parts]
    return torch.cat(parts, axis) if len(parts) > 1 else parts[0]


def _elementwise(op: Callable[..., torch.Tensor]) -> Callable[..., Any]:
    def function(*args: Any, **kwargs: Any) -> Any:
        """An op that broadcasts by itself: takes a value from before its broadcast where the result is the same."""
        tensors = [i for i, value in enumerate(args) if isinstance(value, torch.Tensor)]
        wanted = torch.broadcast_shapes(*[args[i].shape for i in tensors])  # type: ignore[no-untyped-call]  # torch gives it no types
        given = list(args)
        for i in tensors:
            before = getattr(args[i], _SOURCE, None)
            if before is None:
                continue
            others = [given[j].shape for j in tensors if j != i]
            if torch.broadcast_shapes(before.shape, *others) == wanted:  # type: ignore[no-untyped-call]  # torch gives it no types
                given[i] = before
        return NotImplemented if all(a is b for a, b in zip(args, given, strict=True)) else op(*given, **kwargs)

    return function


add = _elementwise(torch.add)
mul = _elementwise(torch.mul)

BROADCASTS: dict[str, Any] = {
    "aten.expand.default": expand,
    "aten.expand_as.default": expand_as,
    "aten.broadcast_to.default": expand,
    "aten.repeat.default": repeat,
    "aten.tile.default": repeat,
    "aten.repeat_interleave.self_int": repeat_interleave,
    "aten.matmul.default": matmul,
    "aten.add.Tensor": add,
    "aten.mul.Tensor": mul,
}
