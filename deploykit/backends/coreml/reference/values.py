"""Values in the program's specification → tensors and texts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from deploykit.backends.coreml.reference.bits import unpack_bits
from deploykit.backends.coreml.reference.dtypes import STRING, DType, dtype_of
from deploykit.backends.coreml.reference.package import Package
from deploykit.errors import ArtifactError

Value = torch.Tensor | str | tuple[str, ...]
"""What an op's argument can be. Floating point tensors have the type that they are stored in."""


def read_value(value: Any, package: Package, where: str) -> Value:
    """Reads a MIL_pb2.Value, from the specification itself or from a weight file.

    Args:
        value: the protobuf message.
        package: where its weight file is found.
        where: what the value belongs to, for error messages.

    Returns:
        A tensor of the declared shape, or a text (shape []), or texts (shape [n]).
    """
    if value.type.WhichOneof("type") != "tensorType":
        raise ArtifactError(f"{where} is a {value.type.WhichOneof('type')}; the reference runner knows tensors only")
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
