"""What flows between ops, and its constants in the program's specification."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from deploykit.backends.coreml.reference.bits import unpack_bits
from deploykit.backends.coreml.reference.declared import TensorType
from deploykit.backends.coreml.reference.dtypes import STRING, DType, dtype_of
from deploykit.backends.coreml.reference.package import Package
from deploykit.errors import ArtifactError


@dataclass(frozen=True, slots=True)
class TensorList:
    """A list of tensors of one shape. Writing to it makes another list.

    Attributes:
        elements: the tensors; None where nothing has been written, which reads as zeros.
        shape: of an element, as far as the program says it.
        dtype: of an element nothing has been written to.
        grows: whether a write behind the end makes it longer.
    """

    elements: tuple[torch.Tensor | None, ...]
    shape: tuple[int | None, ...]
    dtype: torch.dtype
    grows: bool


class StateCell:
    """One state of a function: a tensor that outlives a run."""

    def __init__(self, declared: TensorType, value: torch.Tensor) -> None:
        self.declared = declared
        self.value = value

    def write(self, value: torch.Tensor) -> torch.Tensor:
        """Keeps a copy of a value that has the state's type, and gives it."""
        if not self.declared.fits(tuple(value.shape)) or value.is_floating_point() != self.declared.dtype.is_float:
            raise ArtifactError(
                f"the state '{self.declared.name}' is {self.declared.dtype.name} {self.declared.shape_text}, what is "
                f"written is {value.dtype} {list(value.shape)}"
            )
        self.value = value.to(self.value.dtype, copy=True)
        return self.value


Probabilities = dict[str | int, float]
"""What a classifier says of each class."""

Value = torch.Tensor | str | tuple[str, ...] | TensorList | StateCell | Probabilities
"""What an op takes and gives. Floating point tensors in a file have the type that they are stored in."""


def read_value(value: Any, package: Package, where: str) -> torch.Tensor | str | tuple[str, ...]:
    """Reads a MIL_pb2.Value, from the specification itself or from a weight file.

    Args:
        value: the protobuf message.
        package: where its weight file is found.
        where: what the value belongs to, for error messages.

    Returns:
        A tensor of the declared shape, or a text (shape []), or texts (shape [n], or a list of texts).
    """
    if value.type.WhichOneof("type") == "listType":
        return _list(value.immediateValue.list.values, package, where)
    if value.type.WhichOneof("type") != "tensorType":
        raise ArtifactError(
            f"{where} is a {value.type.WhichOneof('type')}; the reference runner knows tensors and lists"
        )
    kind = value.type.tensorType
    shape = _constant_shape(kind, where)
    if kind.dataType == STRING:
        return _texts(value.immediateValue.tensor, shape, where)
    dtype = dtype_of(kind.dataType, where)
    if value.WhichOneof("value") == "blobFileValue":
        array = _from_file(value.blobFileValue, dtype, math.prod(shape), package, where)
    else:
        array = _from_spec(value.immediateValue.tensor, dtype, math.prod(shape), where)
    return to_tensor(array.reshape(shape), dtype)


def _list(values: Any, package: Package, where: str) -> torch.Tensor | tuple[str, ...]:
    """A list of scalars: texts, or a tensor [n]."""
    if any(item.type.WhichOneof("type") != "tensorType" for item in values):
        raise ArtifactError(f"{where} is a list of what are no tensors; the file is damaged, convert again")
    read = [read_value(item, package, where) for item in values]
    texts = tuple(item for item in read if isinstance(item, str))
    if len(texts) == len(read):
        return texts
    numbers = [item for item in read if isinstance(item, torch.Tensor) and item.ndim == 0]
    if len(numbers) != len(read):
        raise ArtifactError(f"{where} is a list of neither texts nor numbers; the file is damaged, convert again")
    return torch.stack(numbers)


def to_tensor(array: NDArray[Any], dtype: DType) -> torch.Tensor:
    """An array of `dtype.array` as a tensor of `dtype.tensor`, without a copy where torch has that very type."""
    if array.dtype.kind == "u" and array.dtype.itemsize > 1:
        array = array.astype(np.int64)
    if not array.flags.writeable or not array.flags.c_contiguous:
        array = array.copy()
    return torch.from_numpy(array).to(dtype.tensor)


def _constant_shape(kind: Any, where: str) -> tuple[int, ...]:
    for dimension in kind.dimensions:
        if dimension.WhichOneof("dimension") != "constant":
            raise ArtifactError(f"{where} is a constant of unknown shape; the file is damaged, convert again")
    return tuple(int(dimension.constant.size) for dimension in kind.dimensions)


def _texts(tensor: Any, shape: tuple[int, ...], where: str) -> str | tuple[str, ...]:
    texts = tuple(str(text) for text in tensor.strings.values)
    if len(texts) != math.prod(shape):
        raise ArtifactError(f"{where} holds {len(texts)} texts for the shape {list(shape)}; convert again")
    return texts if shape else texts[0]


def _from_file(reference: Any, dtype: DType, count: int, package: Package, where: str) -> NDArray[Any]:
    size = -(-count * dtype.bits // 8)
    raw = package.weights(reference.fileName).read(int(reference.offset), dtype, size, where)
    return _decode(raw, dtype, count)


def _from_spec(tensor: Any, dtype: DType, count: int, where: str) -> NDArray[Any]:
    kind = tensor.WhichOneof("value")
    if kind == "bytes":
        raw = np.frombuffer(tensor.bytes.values, np.uint8)
        if raw.size != -(-count * dtype.bits // 8):
            raise ArtifactError(f"{where} holds {raw.size} bytes for {count} × {dtype.name}; convert again")
        return _decode(raw, dtype, count)
    values = [] if kind is None else list(getattr(tensor, kind).values)
    if len(values) != count:
        raise ArtifactError(f"{where} holds {len(values)} values where its shape asks for {count}; convert again")
    try:
        return np.array(values).astype(dtype.array)
    except (ValueError, OverflowError) as error:
        raise ArtifactError(f"{where} holds values that are not {dtype.name}: {error}; convert again") from error


def _decode(raw: NDArray[np.uint8], dtype: DType, count: int) -> NDArray[Any]:
    if dtype.bits >= 8:
        return raw.view(dtype.array)
    numbers = unpack_bits(raw, dtype.bits, count)
    if dtype.array.kind == "i":
        numbers = np.where(numbers >= 1 << (dtype.bits - 1), numbers - (1 << dtype.bits), numbers)
    return numbers.astype(dtype.array)
