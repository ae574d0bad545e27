"""Lists of tensors. An element that nothing has been written to reads as zeros, as Core ML's does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch

from deploykit.backends.coreml.reference.ops.arguments import Arguments
from deploykit.backends.coreml.reference.ops.limits import LIST_LENGTH, bounded
from deploykit.backends.coreml.reference.values import TensorList
from deploykit.errors import ArtifactError

_TYPES = {"fp16": torch.float32, "fp32": torch.float32, "int32": torch.int32, "bool": torch.bool}


def make_list(a: Arguments) -> TensorList:
    """init_length elements of elem_shape (a text is a size known later), all zero. [iOS15.control_flow.make_list]."""
    length, dtype = a.integer("init_length", 1), a.text("dtype", "fp32")
    if dtype not in _TYPES:
        raise ArtifactError(f"make_list: dtype {dtype!r} is none of {', '.join(_TYPES)}")
    _check_length(a.op, length)
    shape = tuple(int(size.item()) if isinstance(size, torch.Tensor) else None for size in a.every("elem_shape"))
    return TensorList((None,) * length, shape, _TYPES[dtype], a.flag("dynamic_length", True))


def list_length(a: Arguments) -> torch.Tensor:
    """The number of elements, int32. [iOS15.control_flow.list_length]."""
    return torch.tensor(len(a.tensor_list("ls").elements), dtype=torch.int32)


def list_read(a: Arguments) -> torch.Tensor:
    """The element at index. [iOS15.control_flow.list_read]."""
    return _element(a.op, a.tensor_list("ls"), a.integer("index"))


def list_gather(a: Arguments) -> torch.Tensor:
    """The elements at indices, stacked. [iOS15.control_flow.list_gather]."""
    ls, indices = a.tensor_list("ls"), a.integers("indices")
    elements = [_element(a.op, ls, index) for index in indices]
    if elements:
        bounded(a.op, [len(elements), *elements[0].shape])
        return torch.stack(elements)
    return torch.zeros([0, *_shape(a.op, ls)], dtype=ls.dtype)


def list_write(a: Arguments) -> TensorList:
    """The list with value at index; a dynamic list grows to hold it. [iOS15.control_flow.list_write]."""
    return _written(a.op, a.tensor_list("ls"), {a.integer("index"): a.tensor("value")})


def list_scatter(a: Arguments) -> TensorList:
    """The list with value[i] at indices[i]; a dynamic list grows. [iOS15.control_flow.list_scatter]."""
    rows = dict(zip(a.integers("indices"), a.tensor("value"), strict=True))
    return _written(a.op, a.tensor_list("ls"), rows)


def _written(op: str, ls: TensorList, new: Mapping[int, torch.Tensor]) -> TensorList:
    elements = list(ls.elements)
    for index, value in new.items():
        if index < 0 or (index >= len(elements) and not ls.grows):
            raise ArtifactError(f"{op}: index {index} is out of the list's {len(elements)} elements")
        _check_length(op, index + 1)
        elements.extend([None] * (index + 1 - len(elements)))
        elements[index] = value
    return replace(ls, elements=tuple(elements))


def _element(op: str, ls: TensorList, index: int) -> torch.Tensor:
    if not 0 <= index < len(ls.elements):
        raise ArtifactError(f"{op}: index {index} is out of the list's {len(ls.elements)} elements")
    element = ls.elements[index]
    return torch.zeros(_shape(op, ls), dtype=ls.dtype) if element is None else element


def _shape(op: str, ls: TensorList) -> list[int]:
    """Of an element: as something written has it, else as declared; unknown sizes count as 1."""
    known = next((list(element.shape) for element in ls.elements if element is not None), None)
    shape = known if known is not None else [1 if size is None else size for size in ls.shape]
    bounded(op, shape)
    return shape


def _check_length(op: str, length: int) -> None:
    if not 0 <= length <= LIST_LENGTH:
        raise ArtifactError(f"{op}: a list of {length} elements is out of bounds (at most {LIST_LENGTH})")
