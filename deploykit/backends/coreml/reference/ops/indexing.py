"""Gather, scatter, sort."""

from __future__ import annotations

from collections.abc import Callable

import torch

from deploykit.backends.coreml.reference.ops.arguments import Arguments
from deploykit.backends.coreml.reference.ops.limits import bounded
from deploykit.errors import ArtifactError


def gather(a: Arguments) -> torch.Tensor:
    """Slices of x at `indices` along axis; the first batch_dims axes pair up. [iOS17.scatter_gather.gather]."""
    x = a.tensor("x")
    axis, batch = a.integer("axis", 0) % x.ndim, a.integer("batch_dims", 0)
    indices = _from_start(a, a.tensor("indices"), x.shape[axis])
    bounded(a.op, [*x.shape[:axis], *indices.shape[batch:], *x.shape[axis + 1 :]])
    if batch == 0:
        taken = x.index_select(axis, indices.reshape(-1))
        return taken.reshape([*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]])
    lead = x.shape[:batch]
    rows = zip(x.flatten(0, batch - 1), indices.flatten(0, batch - 1), strict=True)
    taken = torch.stack([row.index_select(axis - batch, index.reshape(-1)) for row, index in rows])
    return taken.reshape([*lead, *x.shape[batch:axis], *indices.shape[batch:], *x.shape[axis + 1 :]])


def gather_along_axis(a: Arguments) -> torch.Tensor:
    """x[i, index[i, j], …] elementwise along axis. [iOS15.scatter_gather.gather_along_axis]."""
    x, axis = a.tensor("x"), a.integer("axis", 0)
    return x.gather(axis, _from_start(a, a.tensor("indices"), x.shape[axis]))


def gather_nd(a: Arguments) -> torch.Tensor:
    """Slices of x at index tuples [..., k]; the first batch_dims axes pair up. [iOS17.scatter_gather.gather_nd]."""
    x, indices, batch = a.tensor("x"), a.tensor("indices"), a.integer("batch_dims", 0)
    bounded(a.op, [*indices.shape[:-1], *x.shape[batch + indices.shape[-1] :]])
    if batch == 0:
        return x[_tuples(a, indices, x)]
    rows = zip(x.flatten(0, batch - 1), indices.flatten(0, batch - 1), strict=True)
    taken = torch.stack([row[_tuples(a, index, row)] for row, index in rows])
    return taken.reshape([*x.shape[:batch], *taken.shape[1:]])


def scatter(a: Arguments) -> torch.Tensor:
    """Merges `updates` into data, slice by slice, at `indices` along axis. [iOS15.scatter_gather.scatter]."""
    data, indices = a.tensor("data"), a.tensor("indices")
    axis = a.integer("axis", 0) % data.ndim
    index = _from_start(a, indices, data.shape[axis]).reshape(-1)
    shape = [*data.shape[:axis], index.numel(), *data.shape[axis + 1 :]]
    updates = a.tensor("updates").reshape(shape)
    spread = index.reshape([-1 if i == axis else 1 for i in range(data.ndim)]).expand(shape)
    return _merged(a, data, axis, spread, updates)


def scatter_along_axis(a: Arguments) -> torch.Tensor:
    """Merges each of `updates` into data at its index along axis. [iOS15.scatter_gather.scatter_along_axis]."""
    data = a.tensor("data")
    axis = a.integer("axis", 0) % data.ndim
    return _merged(a, data, axis, _from_start(a, a.tensor("indices"), data.shape[axis]), a.tensor("updates"))


def scatter_nd(a: Arguments) -> torch.Tensor:
    """Merges `updates` into data at index tuples [..., k]. [iOS15.scatter_gather.scatter_nd]."""
    data, indices = a.tensor("data"), a.tensor("indices")
    depth = indices.shape[-1]
    rows = data.reshape([-1, *data.shape[depth:]]).flatten(1) if depth < data.ndim else data.reshape(-1, 1)
    flat = torch.zeros(indices.shape[:-1], dtype=torch.int64)
    for axis, index in enumerate(_tuples(a, indices, data)):
        flat = flat * data.shape[axis] + index
    spread = flat.reshape(-1, 1).expand(-1, rows.shape[1])
    return _merged(a, rows, 0, spread, a.tensor("updates").reshape(spread.shape)).reshape(data.shape)


def argsort(a: Arguments) -> torch.Tensor:
    """The indices that sort x along axis, descending by default. [iOS15.tensor_operation.argsort]."""
    return a.tensor("x").argsort(dim=a.integer("axis", -1), descending=not a.flag("ascending", False), stable=True)


def topk(a: Arguments) -> tuple[torch.Tensor, ...]:
    """The k largest (or smallest) along axis, and their indices; equals in order. [iOS17.tensor_operation.topk]."""
    x, axis, k = a.tensor("x"), a.integer("axis", -1), a.integer("k", 1)
    order = x.argsort(dim=axis, descending=not a.flag("ascending", False), stable=True)
    order = order.narrow(axis, 0, x.shape[axis] if k == -1 else k)
    values = x.gather(axis, order)
    return (values, order) if a.flag("return_indices", True) else (values,)


def non_zero(a: Arguments) -> torch.Tensor:
    """The index tuples of elements that are not 0, [n, rank]. [iOS15.tensor_operation.non_zero]."""
    return a.tensor("x").nonzero()


def _from_start(a: Arguments, indices: torch.Tensor, size: int) -> torch.Tensor:
    """Negative indices count from the end, and are out of bounds if the op validates its indices (since iOS 17)."""
    indices = indices.long()
    least = 0 if a.flag("validate_indices", False) else -size
    # Torch would see most of it, but not within the tuples of scatter_nd.
    if bool(((indices < least) | (indices >= size)).any()):
        low, high = int(indices.min()), int(indices.max())
        raise ArtifactError(
            f"{a.op}: the indices {low} to {high} are out of bounds; they must be {least} to {size - 1}"
        )
    return torch.where(indices < 0, indices + size, indices)


def _tuples(a: Arguments, indices: torch.Tensor, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
    return tuple(_from_start(a, indices[..., axis], x.shape[axis]) for axis in range(indices.shape[-1]))


Merge = Callable[[torch.Tensor, int, torch.Tensor, torch.Tensor], torch.Tensor]

_MERGES: dict[str, Merge] = {
    "update": lambda data, axis, index, new: data.scatter(axis, index, new),
    "add": lambda data, axis, index, new: data.scatter_add(axis, index, new),
    "sub": lambda data, axis, index, new: data.scatter_add(axis, index, -new),
    "mul": lambda data, axis, index, new: data.scatter_reduce(axis, index, new, "prod"),
    "div": lambda data, axis, index, new: data.scatter_reduce(axis, index, 1 / new, "prod"),
    "max": lambda data, axis, index, new: data.scatter_reduce(axis, index, new, "amax"),
    "min": lambda data, axis, index, new: data.scatter_reduce(axis, index, new, "amin"),
}


def _merged(a: Arguments, data: torch.Tensor, axis: int, index: torch.Tensor, updates: torch.Tensor) -> torch.Tensor:
    mode = a.text("mode", "add")
    if mode not in _MERGES:
        raise ArtifactError(f"{a.op}: mode {mode!r} is none of {', '.join(_MERGES)}")
    return _MERGES[mode](data, axis, index, updates.to(data.dtype))
