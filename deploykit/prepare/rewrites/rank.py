"""Ops on tensors of many dimensions, carried as tensors of fewer: Core ML has at most 5, mobile GPUs 4.

`Tall` stands for a tensor of high rank in the interpreter: a tensor of low rank with the same elements in the same
order, and the shape that it stands for. Reshaping it costs nothing. Every other op merges the dimensions that it does
not tell apart, works at low rank, and gives a `Tall` again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import torch
from torch.utils import _pytree as pytree

from deploykit.prepare.rewrites import windows
from deploykit.prepare.rewrites.tall import (
    Shape,
    Tall,
    Value,
    as_tall,
    broadcast,
    each,
    largest,
    leaves,
    padded,
    permuted,
    shape_of,
    tall_or_not,
    three,
    whole,
)


def low_rank(op: Any, args: tuple[Any, ...], kwargs: dict[str, Any], example: Any) -> Any:
    """An op's result without a tensor of high rank on the way, or NotImplemented if none is about.

    Args:
        op: the overload.
        args: tensors, or `Tall`.
        kwargs: the same.
        example: a tensor, or several, with the shapes of the result.
    """
    tall = any(isinstance(leaf, Tall) for leaf in leaves((args, kwargs)))
    if not tall and all(t.dim() <= largest() for t in leaves(example) if isinstance(t, torch.Tensor)):
        return NotImplemented
    if not isinstance(op, torch._ops.OpOverload):  # getitem
        return op(*args, **kwargs)
    name = op._schema.name.removeprefix("aten::")
    handler = _HANDLERS.get(name) or (_pointwise if torch.Tag.pointwise in op.tags else _as_it_is)
    bound = {a.name: a.default_value for a in op._schema.arguments if a.has_default_value()}
    bound |= dict(zip((a.name for a in op._schema.arguments), args, strict=False)) | kwargs
    return handler(op, bound, example)


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
    return tall_or_not(as_tall(bound["self"]).low, example.shape)


def _pointwise(op: Any, bound: dict[str, Any], example: Any) -> Value:
    """Neighbouring dimensions in which the same operands are broadcast are one."""
    shape = shape_of(example)
    operands = [v for v in leaves(bound) if isinstance(v, torch.Tensor | Tall)]
    if len(_groups(shape, operands)) > largest():
        full = {id(v): broadcast(v, shape) for v in operands}
        bound = each(lambda v: full.get(id(v), v), bound)
        operands = list(full.values())
    groups = _groups(shape, operands)

    def merged(value: Any) -> Any:
        if not isinstance(value, torch.Tensor | Tall):
            return value
        sizes = padded(value, len(shape))
        return as_tall(value).reshaped(*(prod(sizes[i] for i in group) for group in groups))

    return tall_or_not(_call(op, each(merged, bound)), shape)


def _groups(shape: Shape, operands: Sequence[Any]) -> list[list[int]]:
    """Runs of dimensions in which the same operands have size 1; dimensions of size 1 are left out."""
    groups: list[list[int]] = []
    last = None
    for i in (i for i, size in enumerate(shape) if size != 1):
        pattern = [padded(v, len(shape))[i] == 1 for v in operands]
        if pattern == last:
            groups[-1].append(i)
        else:
            groups.append([i])
        last = pattern
    return groups


def _expanded(op: Any, bound: dict[str, Any], example: Any) -> Value:
    return tall_or_not(broadcast(bound["self"], shape_of(example)).low, example.shape)


def _repeat(op: Any, bound: dict[str, Any], example: Any) -> Value:
    repeats: list[int] = bound["repeats"] if "repeats" in bound else bound["dims"]
    low, sizes = as_tall(bound["self"]).low, list(padded(bound["self"], len(example.shape)))
    for i, times in enumerate([1] * (len(sizes) - len(repeats)) + list(repeats)):
        if times != 1:
            low = three(Tall(low, tuple(sizes)), i).repeat(1, times, 1)
            sizes[i] *= times
    return tall_or_not(low, example.shape)


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
        # transpose says dim0, swapaxes axis0; mT says nothing, and means the last two
        a, b = (bound.get(f"dim{i}", bound.get(f"axis{i}", default)) for i, default in ((0, -2), (1, -1)))
        dims[a % rank], dims[b % rank] = dims[b % rank], dims[a % rank]
    return tall_or_not(permuted(bound["self"], dims).low, example.shape)


def _along(op: Any, bound: dict[str, Any], example: Any) -> Any:
    """An op on one dimension."""
    x = bound["self"]
    dim = bound.get("dim") or 0
    low = {"self": three(x, dim), "dim": 1}
    if isinstance(bound.get("index"), Tall):
        low["index"] = three(bound["index"], dim)
    if isinstance(bound.get("indices_or_sections"), list | tuple):
        low["indices_or_sections"] = list(bound["indices_or_sections"])
    return _results(_call(op, bound | low), example)


def _unfold(op: Any, bound: dict[str, Any], example: Any) -> Value:
    low = windows.unfold(three(bound["self"], bound["dimension"]), 1, bound["size"], bound["step"])
    return tall_or_not(low, example.shape)


def _along_each(op: Any, bound: dict[str, Any], example: Any) -> Any:
    """An op on several dimensions, one after the other."""
    x, dims = bound["self"], [bound["dims"]] if isinstance(bound["dims"], int) else bound["dims"]
    shifts = bound.get("shifts")
    shape = shape_of(x)
    for i, dim in enumerate(dims):
        extra = {} if shifts is None else {"shifts": [shifts if isinstance(shifts, int) else shifts[i]]}
        x = Tall(_call(op, {"self": three(x, dim), "dims": [1]} | extra), shape)
    return x


def _cat(op: Any, bound: dict[str, Any], example: Any) -> Value:
    dim = bound["dim"] % len(example.shape)
    return tall_or_not(torch.cat([three(x, dim) for x in bound["tensors"]], 1), example.shape)


def _stack(op: Any, bound: dict[str, Any], example: Any) -> Value:
    dim = bound["dim"] % len(example.shape)
    shape = (*shape_of(example)[:dim], 1, *shape_of(example)[dim + 1 :])
    parts = [three(Tall(as_tall(x).low, shape), dim) for x in bound["tensors"]]
    return tall_or_not(torch.cat(parts, 1), example.shape)


def _reduce(op: Any, bound: dict[str, Any], example: Any) -> Any:
    """Kept and reduced dimensions in turns are merged; where they are too many, the reduced ones go last."""
    x, dim = bound["self"], bound.get("dim")
    rank = len(x.shape)
    if isinstance(dim, int):
        flags = {"keepdim": False} if "keepdim" in bound else {}
        return _results(_call(op, bound | {"self": three(x, dim), "dim": 1} | flags), example)
    dims = {d % rank for d in dim or range(rank)}
    groups: list[list[int]] = []
    for d in range(rank):
        if groups and (groups[-1][0] in dims) == (d in dims):
            groups[-1].append(d)
        else:
            groups.append([d])
    if len(groups) > largest():
        kept = [d for d in range(rank) if d not in dims]
        x = permuted(x, [*kept, *sorted(dims)])
        groups, dims = [list(range(len(kept))), list(range(len(kept), rank))], set(range(len(kept), rank))
    low = as_tall(x).reshaped(*(prod(x.shape[d] for d in group) for group in groups))
    reduced = [i for i, group in enumerate(groups) if group[0] in dims]
    given = {"self": low} | ({"dim": reduced} if "dim" in bound else {})
    flags = {"keepdim": False} if "keepdim" in bound else {}
    return _results(_call(op, bound | given | flags), example)


def _matmul(op: Any, bound: dict[str, Any], example: Any) -> Any:
    a, b = bound["self"], bound["other"]
    if len(b.shape) <= 2:
        return tall_or_not(torch.matmul(as_tall(a).reshaped(-1, a.shape[-1]), b), example.shape)
    if len(a.shape) < 2:
        return _as_it_is(op, bound, example)
    batch: Shape = tuple(torch.broadcast_shapes(a.shape[:-2], b.shape[:-2]))  # type: ignore[no-untyped-call]  # torch gives it no types
    factors = []
    for x in (a, b):
        full = broadcast(x, (*batch, *x.shape[-2:]))
        factors.append(full.reshaped(prod(batch), *x.shape[-2:]))
    return tall_or_not(torch.bmm(*factors), example.shape)


def _linear(op: Any, bound: dict[str, Any], example: Any) -> Value:
    x = bound["input"]
    low = as_tall(x).reshaped(prod(x.shape[:-1]), x.shape[-1])
    return tall_or_not(_call(op, bound | {"input": low}), example.shape)


def _layer_norm(op: Any, bound: dict[str, Any], example: Any) -> Any:
    x, normed = bound["input"], tuple(bound["normalized_shape"])
    if len(normed) >= largest():
        return _as_it_is(op, bound, example)
    low = as_tall(x).reshaped(prod(x.shape[: -len(normed)]), *normed)
    return tall_or_not(_call(op, bound | {"input": low}), example.shape)


def _attention(op: Any, bound: dict[str, Any], example: Any) -> Value:
    """Heads stay a dimension; what is before them is one."""
    batch = shape_of(example)[:-2]

    def four(x: Value) -> torch.Tensor:
        return broadcast(x, (*batch, *x.shape[-2:])).reshaped(prod(batch[:-1]), batch[-1], *x.shape[-2:])

    low = {name: four(bound[name]) for name in ("query", "key", "value")}
    mask = bound.get("attn_mask")
    if mask is not None:
        low["attn_mask"] = four(mask) if prod(mask.shape[:-2]) != 1 else as_tall(mask).reshaped(*mask.shape[-2:])
    return tall_or_not(_call(op, bound | low), example.shape)


def _embedding(op: Any, bound: dict[str, Any], example: Any) -> Value:
    return tall_or_not(_call(op, bound | {"indices": as_tall(bound["indices"]).reshaped(-1)}), example.shape)


def _index(op: Any, bound: dict[str, Any], example: Any) -> Any:
    """Picks from one dimension."""
    picked = [(d, index) for d, index in enumerate(bound["indices"]) if index is not None]
    if len(picked) != 1 or as_tall(picked[0][1]).low.dtype == torch.bool:
        return _as_it_is(op, bound, example)
    dim, index = picked[0]
    x = three(bound["self"], dim)
    flat = as_tall(index).reshaped(-1)
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
        moved = permuted(x, [term.index(i) for i in (*batch, *order[0], *order[1])])
        factors.append(moved.reshaped(*(prod(size[i] for i in group) for group in (batch, *order))))
    made = [*batch, *rows, *columns]
    product = Tall(torch.bmm(*factors), tuple(size[i] for i in made))
    return tall_or_not(permuted(product, [made.index(i) for i in out]).low, example.shape)


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
