"""What moves values without changing them, and what makes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from deploykit.probes.cases.base import Case, Input, normal, op

BLOCK, PLANE = normal(2, 3, 4), normal(1, 2, 6, 8)


def _windows(x: torch.Tensor, size: int) -> torch.Tensor:
    """Window partition: a reshape to rank 6 and a permute, as Swin does it."""
    b, c, h, w = x.shape
    wide = x.reshape(b, c, h // size, size, w // size, size)
    return wide.permute(0, 2, 4, 3, 5, 1).reshape(-1, size * size, c)


def _rank6_through_an_op(x: torch.Tensor, size: int) -> torch.Tensor:
    """An op on the rank-6 tensor itself."""
    b, c, h, w = x.shape
    wide = x.reshape(b, c, h // size, size, w // size, size)
    return (wide * 2 + wide.mean(dim=(3, 5), keepdim=True)).permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c)


def _permute(x: torch.Tensor, dims: tuple[int, ...]) -> torch.Tensor:
    return x.permute(dims)


def _view(x: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
    return x.reshape(shape)


def _expand(x: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
    return x.expand(shape)


def _repeat(x: torch.Tensor, times: tuple[int, ...]) -> torch.Tensor:
    return x.repeat(times)


def _tile(x: torch.Tensor, times: tuple[int, ...]) -> torch.Tensor:
    return torch.tile(x, times)


def _cat(x: torch.Tensor, y: torch.Tensor, dim: int) -> torch.Tensor:
    return torch.cat([x, y], dim)


def _stack(x: torch.Tensor, y: torch.Tensor, dim: int) -> torch.Tensor:
    return torch.stack([x, y], dim)


def _split(x: torch.Tensor, sizes: int | list[int], dim: int) -> Any:
    return torch.split(x, sizes, dim)


def _meshgrid(x: torch.Tensor, y: torch.Tensor, indexing: str) -> Any:
    return torch.meshgrid(x, y, indexing=indexing)


def _made(x: torch.Tensor, function: Callable[..., torch.Tensor], numbers: tuple[Any, ...]) -> torch.Tensor:
    return x + function(*numbers)


def _like(x: torch.Tensor, function: Callable[..., torch.Tensor], numbers: tuple[Any, ...]) -> torch.Tensor:
    return x * 2 + function(x, *numbers)


def _of_mask(x: torch.Tensor, function: Callable[..., torch.Tensor], numbers: tuple[Any, ...]) -> torch.Tensor:
    """A tensor like a boolean one, but of floats."""
    return x + function(x > 0.2, *numbers, dtype=torch.float32).masked_fill(x > 0.4, -3.5)


def _causal(x: torch.Tensor, function: Callable[..., torch.Tensor], diagonal: int) -> torch.Tensor:
    """A mask of -inf and 0, as `nn.Transformer` makes it; behind exp, 0 and 1."""
    return x + function(torch.full(x.shape, float("-inf")), diagonal).exp()


def _as_strided(x: torch.Tensor) -> torch.Tensor:
    return torch.as_strided(x, (2, 5, 3), (12, 1, 2))


def _from_indices(x: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
    return torch.tril_indices(rows, columns) * 1.0 + x


_MOVES: tuple[tuple[str, Callable[..., Any], Input, dict[str, Any]], ...] = (
    *(("permute", _permute, normal(2, 3, 4, 5), {"dims": dims}) for dims in ((0, 2, 3, 1), (3, 0, 1, 2), (1, 0, 3, 2))),
    ("permute", _permute, normal(2, 3, 2, 2, 3), {"dims": (4, 2, 0, 3, 1)}),
    ("permute", _permute, normal(2, 3, 2, 2, 3, 2), {"dims": (0, 3, 5, 1, 4, 2)}),
    ("permute", _permute, normal(2, 1, 3, 2, 2, 3, 2), {"dims": (0, 3, 5, 1, 6, 4, 2)}),
    ("windows", _windows, PLANE, {"size": 2}),
    ("windows", _windows, normal(2, 3, 8, 4), {"size": 4}),
    ("rank 6 through an op", _rank6_through_an_op, PLANE, {"size": 2}),
    ("reshape", _view, normal(2, 3, 4), {"shape": (4, -1)}),
    ("reshape", _view, normal(2, 12), {"shape": (2, 1, 3, 1, 2, 2)}),
    ("flatten", torch.flatten, normal(2, 3, 4, 5), {"start_dim": 1, "end_dim": 2}),
    ("unflatten", torch.unflatten, normal(2, 12), {"dim": 1, "sizes": (3, 4)}),
    ("squeeze", torch.squeeze, normal(2, 1, 3, 1), {}),
    ("squeeze", torch.squeeze, normal(2, 1, 3, 1), {"dim": -1}),
    ("unsqueeze", torch.unsqueeze, BLOCK, {"dim": -2}),
    ("movedim", torch.movedim, normal(2, 3, 4, 5), {"source": 1, "destination": -1}),
    ("transpose", torch.transpose, normal(2, 3, 4, 5), {"dim0": 1, "dim1": -1}),
    *(
        ("roll", torch.roll, PLANE, {"shifts": shifts, "dims": dims})
        for shifts, dims in ((2, -1), (-1, 2), ((-3, 2), (2, 3)), ((1, 9), (2, 3)))
    ),
    ("roll", torch.roll, normal(3, 4), {"shifts": 3}),
    *(("flip", torch.flip, BLOCK, {"dims": dims}) for dims in ((-1,), (0, 2), (1,))),
    ("rot90", torch.rot90, normal(1, 2, 3, 4), {"k": 1, "dims": (2, 3)}),
    *(("repeat", _repeat, BLOCK, {"times": times}) for times in ((1, 2, 3), (2, 1, 1, 2))),
    ("tile", _tile, BLOCK, {"times": (2, 3)}),
    *(("repeat_interleave", torch.repeat_interleave, BLOCK, {"repeats": 3, "dim": dim}) for dim in (0, 1, -1)),
    ("repeat_interleave", torch.repeat_interleave, BLOCK, {"repeats": torch.tensor([1, 0, 3]), "dim": 1}),
    ("expand", _expand, normal(2, 1, 4), {"shape": (2, 3, 4)}),
    ("expand", _expand, normal(1, 4), {"shape": (3, 2, -1)}),
    ("split", _split, normal(2, 7), {"sizes": 3, "dim": 1}),
    ("split", _split, normal(7, 2), {"sizes": [1, 4, 2], "dim": 0}),
    ("chunk", torch.chunk, normal(2, 7), {"chunks": 3, "dim": -1}),
    ("unbind", torch.unbind, normal(3, 4), {"dim": 0}),
    ("tril", torch.tril, normal(2, 4, 5), {}),
    ("tril", torch.tril, normal(4, 5), {"diagonal": -1}),
    ("triu", torch.triu, normal(4, 5), {"diagonal": 2}),
    ("triu", torch.triu, normal(2, 4, 5), {"diagonal": -1}),
    ("diagonal", torch.diagonal, normal(2, 4, 5), {"offset": 1, "dim1": 1, "dim2": 2}),
    ("diag_embed", torch.diag_embed, normal(2, 4), {}),
    ("diag", torch.diag, normal(4), {}),
    ("as_strided", _as_strided, normal(2, 12), {}),
    ("constant_pad_nd", torch.constant_pad_nd, normal(3, 4), {"pad": (0, -1, 2, 0)}),
)

_NUMBERS: tuple[tuple[str, Callable[..., torch.Tensor], tuple[Any, ...], Input], ...] = (
    ("linspace", torch.linspace, (-1, 1, 7), normal(7)),
    ("linspace", torch.linspace, (0.5, 3.0, 4), normal(4)),
    ("arange", torch.arange, (7,), normal(7)),
    ("arange", torch.arange, (1, 8, 2), normal(4)),
    ("arange", torch.arange, (0.5, 3.0, 0.5), normal(5)),
    ("arange", torch.arange, (5, 0, -1), normal(5)),
    ("eye", torch.eye, (3, 4), normal(3, 4)),
    ("full", torch.full, ((3, 4), 2.5), normal(3, 4)),
    ("zeros", torch.zeros, (3, 4), normal(3, 4)),
    ("logspace", torch.logspace, (0, 2, 4), normal(4)),
    ("hann_window", torch.hann_window, (6,), normal(6)),
)

CASES: tuple[Case, ...] = (
    *(op(name, function, given, **parameters) for name, function, given, parameters in _MOVES),
    *(op(name, _made, given, numbers=numbers, function=function) for name, function, numbers, given in _NUMBERS),
    *(
        op(name, _like, normal(3, 4), numbers=numbers, function=function)
        for name, function, numbers in (
            ("full_like", torch.full_like, (1.5,)),
            ("ones_like", torch.ones_like, ()),
            ("zeros_like", torch.zeros_like, ()),
        )
    ),
    *(
        op(f"{name} of mask", _of_mask, normal(3, 4), numbers=numbers, function=function)
        for name, function, numbers in (
            ("full_like", torch.full_like, (1.5,)),
            ("ones_like", torch.ones_like, ()),
            ("zeros_like", torch.zeros_like, ()),
        )
    ),
    op("triu of -inf", _causal, normal(4, 4), diagonal=1, function=torch.triu),
    op("tril of -inf", _causal, normal(4, 4), diagonal=-1, function=torch.tril),
    op("tril_indices", _from_indices, normal(1), rows=3, columns=4),
    *(op("cat", _cat, normal(2, 3, 4), normal(2, 5, 4), dim=dim) for dim in (1, -2)),
    *(op("stack", _stack, BLOCK, normal(2, 3, 4), dim=dim) for dim in (0, 2, -1)),
    *(op("meshgrid", _meshgrid, normal(3), normal(4), indexing=indexing) for indexing in ("ij", "xy")),
    op("pad_sequence of zeros", F.pad, normal(2, 3), pad=(0, 0, 1, 0)),
)
