"""Tensors of more than 5 dimensions, carried as tensors of fewer: Core ML has no others.

`Tall` stands for a tensor of high rank in the interpreter: a tensor of low rank with the same elements in the same
order, and the shape that it stands for. Reshaping it costs nothing. Every other op merges the dimensions that it does
not tell apart, works at low rank, and gives a `Tall` again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, permutations
from math import prod
from typing import Any

import torch
from torch.utils import _pytree as pytree

from deploykit.prepare.rewrites import windows

LARGEST = 5
"""Dimensions that a tensor may have: https://apple.github.io/coremltools/docs-guides/source/ml-programs.html"""

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
Call = Callable[..., Any]


def low_rank(op: Any, args: tuple[Any, ...], kwargs: dict[str, Any], example: Any) -> Any:
    """An op's result without a tensor of high rank on the way, or NotImplemented if none is about.

    Args:
        op: the overload.
        args: tensors, or `Tall`.
        kwargs: the same.
        example: a tensor, or several, with the shapes of the result.
    """
    tall = any(isinstance(leaf, Tall) for leaf in _leaves((args, kwargs)))
    if not tall and all(t.dim() <= LARGEST for t in _leaves(example) if isinstance(t, torch.Tensor)):
        return NotImplemented
    if not isinstance(op, torch._ops.OpOverload):  # getitem
        return op(*args, **kwargs)
    name = op._schema.name.removeprefix("aten::")
    handler = _HANDLERS.get(name) or (_pointwise if torch.Tag.pointwise in op.tags else _as_it_is)
    bound = {a.name: a.default_value for a in op._schema.arguments if a.has_default_value()}
    bound |= dict(zip((a.name for a in op._schema.arguments), args, strict=False)) | kwargs
    return handler(op, bound, example)


def is_tall(value: Any) -> bool:
    """Whether a value of a program has a tensor of high rank."""
    return any(isinstance(t, torch.Tensor) and t.dim() > LARGEST for t in pytree.tree_leaves(value))


def tall_or_not(low: torch.Tensor, shape: Sequence[int]) -> Value:
    """A tensor where the shape's rank allows it, else a `Tall`."""
    return Tall(low, tuple(shape)) if len(shape) > LARGEST else _reshape(low, shape)


def whole(value: Any) -> Any:
    """The tensors that all `Tall`s of a nested value stand for."""
    return pytree.tree_map(lambda v: v.low.reshape(v.shape) if isinstance(v, Tall) else v, value, is_leaf=_is_tall)


def _is_tall(value: Any) -> bool:
    return isinstance(value, Tall)


def _leaves(value: Any) -> list[Any]:
    return pytree.tree_leaves(value, is_leaf=_is_tall)


def _shape(value: Any) -> Shape:
    return tuple(value.shape)


def _tall(value: Value) -> Tall:
    return value if isinstance(value, Tall) else Tall(value, tuple(value.shape))


def _reshape(x: torch.Tensor, shape: Sequence[int]) -> torch.Tensor:
    return x if tuple(x.shape) == tuple(shape) else x.reshape(tuple(shape))


def _results(low: Any, example: Any) -> Any:
    """Results of an op at low rank, in the shapes of the examples."""
    if isinstance(example, torch.Tensor):
        return tall_or_not(low, example.shape)
    return [_results(a, b) for a, b in zip(low, example, strict=True)]


def _call(op: Any, bound: dict[str, Any]) -> Any:
    """Calls an overload with arguments by name."""
    arguments = op._schema.arguments
    positional = [bound[a.name] for a in arguments if not a.kwarg_only]
    return op(*positional, **{a.name: bound[a.name] for a in arguments if a.kwarg_only and a.name in bound})


# Each handler takes the op, its arguments by name, and the example.


def _as_it_is(op: Any, bound: dict[str, Any], example: Any) -> Any:
    """An op that is not known here: at high rank, for the converter to say what it thinks of it."""
    result = _call(op, whole(bound))
    return pytree.tree_map_only(torch.Tensor, lambda t: tall_or_not(t, t.shape), result)


def _nothing(op: Any, bound: dict[str, Any], example: Any) -> None:
    return None


def _view(op: Any, bound: dict[str, Any], example: Any) -> Value:
    return tall_or_not(_tall(bound["self"]).low, example.shape)


def _pointwise(op: Any, bound: dict[str, Any], example: Any) -> Value:
    """Neighbouring dimensions in which the same operands are broadcast are one."""
    shape = _shape(example)
    operands = [v for v in _leaves(bound) if isinstance(v, torch.Tensor | Tall)]
    if len(_groups(shape, operands)) > LARGEST:
        full = {id(v): _expand(v, shape) for v in operands}
        bound = pytree.tree_map(lambda v: full.get(id(v), v), bound, is_leaf=_is_tall)
        operands = list(full.values())
    groups = _groups(shape, operands)

    def merged(value: Any) -> Any:
        if not isinstance(value, torch.Tensor | Tall):
            return value
        sizes = _padded(value, len(shape))
        return _tall(value).reshaped(*(prod(sizes[i] for i in group) for group in groups))

    return tall_or_not(_call(op, pytree.tree_map(merged, bound, is_leaf=_is_tall)), shape)


def _padded(value: Any, rank: int) -> Shape:
    return (1,) * (rank - len(value.shape)) + _shape(value)


def _groups(shape: Shape, operands: Sequence[Any]) -> list[list[int]]:
    """Runs of dimensions in which the same operands have size 1; dimensions of size 1 are left out."""
    groups: list[list[int]] = []
    last = None
    for i in (i for i, size in enumerate(shape) if size != 1):
        pattern = [_padded(v, len(shape))[i] == 1 for v in operands]
        if pattern == last:
            groups[-1].append(i)
        else:
            groups.append([i])
        last = pattern
    return groups


def _expand(value: Value, shape: Shape) -> Tall:
    """One run of broadcast dimensions after the other, each at rank 3."""
    sizes, low = list(_padded(value, len(shape))), _tall(value).low
    for i, size in enumerate(shape):
        if sizes[i] != size:
            low = _reshape(low, (prod(sizes[:i]), 1, prod(sizes[i + 1 :])))
            low = low.expand(-1, size, -1)
            sizes[i] = size
    return Tall(low, shape)


def _expanded(op: Any, bound: dict[str, Any], example: Any) -> Value:
    return tall_or_not(_expand(bound["self"], _shape(example)).low, example.shape)


def _repeat(op: Any, bound: dict[str, Any], example: Any) -> Value:
    repeats: list[int] = bound["repeats"] if "repeats" in bound else bound["dims"]
    low, sizes = _tall(bound["self"]).low, list(_padded(bound["self"], len(example.shape)))
    for i, times in enumerate([1] * (len(sizes) - len(repeats)) + list(repeats)):
        if times != 1:
            low = _reshape(low, (prod(sizes[:i]), sizes[i], prod(sizes[i + 1 :]))).repeat(1, times, 1)
            sizes[i] *= times
    return tall_or_not(low, example.shape)


def _permuted(x: Value, dims: Sequence[int]) -> Tall:
    shape = _shape(x)
    dims = [d % len(shape) for d in dims]
    wide = [d for d in dims if shape[d] != 1]
    order = sorted(wide)
    low = _transpose(_tall(x).low, [shape[d] for d in order], [order.index(d) for d in wide])
    return Tall(low, tuple(shape[d] for d in dims))


def _transpose(low: torch.Tensor, sizes: list[int], order: list[int]) -> torch.Tensor:
    """A permutation of any rank as few of rank at most 5: blocks of dimensions that stay together move together."""
    sizes, order = _merged(sizes, order)
    if order == sorted(order):
        return low
    if len(order) <= LARGEST:
        return _reshape(low, sizes).permute(order)
    cuts, blocks = min(_moves(len(order)), key=lambda move: len(_merged(*_after(sizes, order, *move))[1]))
    bounds = [0, *cuts, len(sizes)]
    moved = _reshape(low, [prod(sizes[a:b]) for a, b in pairwise(bounds)]).permute(blocks)
    return _transpose(moved, *_after(sizes, order, cuts, blocks))


def _moves(rank: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Where a row of dimensions may be cut into blocks, and the orders of the blocks."""
    cuts = combinations(range(1, rank), LARGEST - 1)
    return [(cut, blocks) for cut in cuts for blocks in permutations(range(LARGEST))]


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


def _permute(op: Any, bound: dict[str, Any], example: Any) -> Value:
    rank = len(bound["self"].shape)
    dims = list(range(rank))
    if "dims" in bound:
        dims = list(bound["dims"])
    elif "source" in bound:
        sources, targets = ([v] if isinstance(v, int) else list(v) for v in (bound["source"], bound["destination"]))
        moved = {t % rank: s % rank for s, t in zip(sources, targets, strict=True)}
        rest = iter(d for d in dims if d not in moved.values())
        dims = [moved[d] if d in moved else next(rest) for d in range(rank)]
    else:
        a, b = (bound.get(f"dim{i}", bound.get(f"axis{i}", bound.get(f"dim{i}", d))) for i, d in ((0, -2), (1, -1)))
        dims[a % rank], dims[b % rank] = dims[b % rank], dims[a % rank]
    return tall_or_not(_permuted(bound["self"], dims).low, example.shape)


def _three(x: Value, dim: int) -> torch.Tensor:
    """Before, at and after a dimension."""
    shape = _shape(x)
    dim %= len(shape)
    return _tall(x).reshaped(prod(shape[:dim]), shape[dim], prod(shape[dim + 1 :]))


def _along(op: Any, bound: dict[str, Any], example: Any) -> Any:
    """An op on one dimension."""
    x = bound["self"]
    dim = bound.get("dim") or 0
    low = {"self": _three(x, dim), "dim": 1}
    if isinstance(bound.get("index"), Tall):
        low["index"] = _three(bound["index"], dim)
    if isinstance(bound.get("indices_or_sections"), list | tuple):
        low["indices_or_sections"] = list(bound["indices_or_sections"])
    return _results(_call(op, bound | low), example)


def _unfold(op: Any, bound: dict[str, Any], example: Any) -> Value:
    low = windows.unfold(_three(bound["self"], bound["dimension"]), 1, bound["size"], bound["step"])
    return tall_or_not(low, example.shape)


def _along_each(op: Any, bound: dict[str, Any], example: Any) -> Any:
    """An op on several dimensions, one after the other."""
    x, dims = bound["self"], [bound["dims"]] if isinstance(bound["dims"], int) else bound["dims"]
    shifts = bound.get("shifts")
    shape = _shape(x)
    for i, dim in enumerate(dims):
        extra = {} if shifts is None else {"shifts": [shifts if isinstance(shifts, int) else shifts[i]]}
        x = Tall(_call(op, {"self": _three(x, dim), "dims": [1]} | extra), shape)
    return x


def _cat(op: Any, bound: dict[str, Any], example: Any) -> Value:
    dim = bound["dim"] % len(example.shape)
    return tall_or_not(torch.cat([_three(x, dim) for x in bound["tensors"]], 1), example.shape)


def _stack(op: Any, bound: dict[str, Any], example: Any) -> Value:
    dim = bound["dim"] % len(example.shape)
    shape = (*_shape(example)[:dim], 1, *_shape(example)[dim + 1 :])
    parts = [_three(Tall(_tall(x).low, shape), dim) for x in bound["tensors"]]
    return tall_or_not(torch.cat(parts, 1), example.shape)


def _reduce(op: Any, bound: dict[str, Any], example: Any) -> Any:
    """Kept and reduced dimensions in turns are merged; where they are too many, the reduced ones go last."""
    x, dim = bound["self"], bound.get("dim")
    rank = len(x.shape)
    if isinstance(dim, int):
        flags = {"keepdim": False} if "keepdim" in bound else {}
        return _results(_call(op, bound | {"self": _three(x, dim), "dim": 1} | flags), example)
    dims = {d % rank for d in dim or range(rank)}
    groups: list[list[int]] = []
    for d in range(rank):
        if groups and (groups[-1][0] in dims) == (d in dims):
            groups[-1].append(d)
        else:
            groups.append([d])
    if len(groups) > LARGEST:
        kept = [d for d in range(rank) if d not in dims]
        x = _permuted(x, [*kept, *sorted(dims)])
        groups, dims = [list(range(len(kept))), list(range(len(kept), rank))], set(range(len(kept), rank))
    low = _tall(x).reshaped(*(prod(x.shape[d] for d in group) for group in groups))
    reduced = [i for i, group in enumerate(groups) if group[0] in dims]
    given = {"self": low} | ({"dim": reduced} if "dim" in bound else {})
    flags = {"keepdim": False} if "keepdim" in bound else {}
    return _results(_call(op, bound | given | flags), example)


def _matmul(op: Any, bound: dict[str, Any], example: Any) -> Value:
    a, b = bound["self"], bound["other"]
    if len(b.shape) <= 2:
        return tall_or_not(torch.matmul(_tall(a).reshaped(-1, a.shape[-1]), b), example.shape)
    if len(a.shape) < 2:
        return _as_it_is(op, bound, example)  # type: ignore[no-any-return]
    batch: Shape = tuple(torch.broadcast_shapes(a.shape[:-2], b.shape[:-2]))  # type: ignore[no-untyped-call]
    factors = []
    for x in (a, b):
        full = _expand(x, (*batch, *x.shape[-2:]))
        factors.append(full.reshaped(prod(batch), *x.shape[-2:]))
    return tall_or_not(torch.bmm(*factors), example.shape)


def _linear(op: Any, bound: dict[str, Any], example: Any) -> Value:
    x = bound["input"]
    low = _tall(x).reshaped(prod(x.shape[:-1]), x.shape[-1])
    return tall_or_not(_call(op, bound | {"input": low}), example.shape)


def _layer_norm(op: Any, bound: dict[str, Any], example: Any) -> Value:
    x, normed = bound["input"], tuple(bound["normalized_shape"])
    if len(normed) >= LARGEST:
        return _as_it_is(op, bound, example)  # type: ignore[no-any-return]
    low = _tall(x).reshaped(prod(x.shape[: -len(normed)]), *normed)
    return tall_or_not(_call(op, bound | {"input": low}), example.shape)


def _attention(op: Any, bound: dict[str, Any], example: Any) -> Value:
    """Heads stay a dimension; what is before them is one."""
    batch = _shape(example)[:-2]

    def four(x: Value) -> torch.Tensor:
        return _expand(x, (*batch, *x.shape[-2:])).reshaped(prod(batch[:-1]), batch[-1], *x.shape[-2:])

    low = {name: four(bound[name]) for name in ("query", "key", "value")}
    mask = bound.get("attn_mask")
    if mask is not None:
        low["attn_mask"] = four(mask) if prod(mask.shape[:-2]) != 1 else _tall(mask).reshaped(*mask.shape[-2:])
    return tall_or_not(_call(op, bound | low), example.shape)


def _embedding(op: Any, bound: dict[str, Any], example: Any) -> Value:
    return tall_or_not(_call(op, bound | {"indices": _tall(bound["indices"]).reshaped(-1)}), example.shape)


def _index(op: Any, bound: dict[str, Any], example: Any) -> Any:
    """Picks from one dimension."""
    picked = [(d, index) for d, index in enumerate(bound["indices"]) if index is not None]
    if len(picked) != 1 or _tall(picked[0][1]).low.dtype == torch.bool:
        return _as_it_is(op, bound, example)
    dim, index = picked[0]
    x = _three(bound["self"], dim)
    flat = _tall(index).reshaped(-1)
    return tall_or_not(torch.index_select(x, 1, torch.where(flat < 0, flat + x.shape[1], flat)), example.shape)


def _einsum(op: Any, bound: dict[str, Any], example: Any) -> Any:
    """A product of two tensors as a batch of matrix products."""
    left, _, out = bound["equation"].replace(" ", "").partition("->")
    terms = left.split(",")
    known = len(terms) == 2 and "." not in left and all(len(set(t)) == len(t) for t in terms)
    if not known or set(terms[0]) - set(terms[1]) - set(out) or set(terms[1]) - set(terms[0]) - set(out):
        return _as_it_is(op, bound, example)
    size: dict[str, int] = {}
    for term, x in zip(terms, bound["tensors"], strict=True):
        for label, n in zip(term, x.shape, strict=True):
            if size.setdefault(label, n) != n:
                return _as_it_is(op, bound, example)
    a, b = terms
    batch = [i for i in a if i in b and i in out]
    summed = [i for i in a if i in b and i not in out]
    rows, columns = ([i for i in a if i not in b], [i for i in b if i not in a])
    factors = []
    for term, x, order in ((a, bound["tensors"][0], (rows, summed)), (b, bound["tensors"][1], (summed, columns))):
        moved = _permuted(x, [term.index(i) for i in (*batch, *order[0], *order[1])])
        factors.append(moved.reshaped(*(prod(size[i] for i in group) for group in (batch, *order))))
    made = [*batch, *rows, *columns]
    product = Tall(torch.bmm(*factors), tuple(size[i] for i in made))
    return tall_or_not(_permuted(product, [made.index(i) for i in out]).low, example.shape)


_KINDS: dict[Callable[..., Any], str] = {
    _nothing: "_assert_tensor_metadata",
    _view: "view reshape _unsafe_view flatten unflatten unsqueeze squeeze view_as reshape_as contiguous clone alias "
    "detach lift_fresh_copy",
    _permute: "permute transpose movedim moveaxis swapaxes swapdims mT",
    _expanded: "expand expand_as broadcast_to",
    _repeat: "repeat tile",
    _along: "select narrow slice unbind chunk split split_with_sizes tensor_split index_select cumsum softmax "
    "log_softmax glu argmax argmin topk sort gather",
    _unfold: "unfold",
    _along_each: "flip roll",
    _pointwise: "to _to_copy type_as masked_fill where dropout",
    _cat: "cat concat concatenate",
    _stack: "stack",
    _reduce: "mean sum amax amin max min var std logsumexp all any prod",
    _matmul: "matmul",
    _linear: "linear",
    _layer_norm: "layer_norm rms_norm",
    _attention: "scaled_dot_product_attention",
    _embedding: "embedding",
    _index: "index",
    _einsum: "einsum",
}
_HANDLERS = {name: handler for handler, names in _KINDS.items() for name in names.split()}
