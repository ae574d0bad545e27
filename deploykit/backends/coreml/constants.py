"""The constants of a function: where their bytes are, which op takes them, and how they are compressed."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from coremltools.proto import MIL_pb2

from deploykit.backends.coreml.census import Compression, Weight
from deploykit.backends.coreml.reference.dtypes import DType, dtype_of
from deploykit.backends.coreml.reference.ops.limits import NESTING
from deploykit.backends.coreml.reference.package import Package
from deploykit.errors import ArtifactError

_LARGE = 10
"""Elements from which a constant outside of a weight file counts as a weight; see `Weight`."""

_DATA = {
    "constexpr_affine_dequantize": "quantized_data",
    "constexpr_blockwise_shift_scale": "data",
    "constexpr_cast": "source_val",
    "constexpr_lut_to_dense": "indices",
    "constexpr_lut_to_sparse": "indices_nonzero_data",
    "constexpr_sparse_blockwise_shift_scale": "nonzero_data",
    "constexpr_sparse_to_dense": "nonzero_data",
}
"""The parameter that holds the elements.

Source: coremltools, converters/mil/mil/ops/defs/iOS16/constexpr_ops.py and iOS18/compression.py.
"""

_SETTINGS = frozenset({"axis", "name", "output_dtype", "shape", "vector_axis"})
"""Parameters of those ops that are no part of the weight."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A constant's place in the file; `large` is whether it counts as a weight by itself. `bits` are per element."""

    name: str
    dtype: str
    bits: int
    shape: tuple[int, ...]
    bytes: int
    large: bool


@dataclass(frozen=True, slots=True)
class Value:
    """What a name stands for.

    Attributes:
        leaves: numbers of the constants that it is made of.
        bits: of its elements, or of those of its data.
        kind: how it is decompressed; empty for a constant.
        expanded: bytes, decompressed.
        depth: how many decompressions stand behind each other.
        number: of the decompression.
    """

    leaves: frozenset[int]
    bits: int | None
    kind: str = ""
    expanded: int = 0
    depth: int = 0
    number: int = -1


class Constants:
    """Collects a function's constants, op by op, in their order.

    Args:
        package: where weight files are found.
    """

    def __init__(self, package: Package) -> None:
        self._package = package
        self._stored: list[Stored] = []
        self._takers: dict[int, str] = {}
        self._parts: set[int] = set()
        self._expanded: list[Value] = []
        self._inner: set[int] = set()
        self._used: set[int] = set()

    def define(self, operation: Any, scope: MutableMapping[str, Value]) -> None:
        """Notes a `const`."""
        if len(operation.outputs) != 1 or "val" not in operation.attributes:
            raise ArtifactError(f"{self._package.path} has a constant without its value; convert again")
        name = operation.outputs[0].name
        if (value := self._value(name, operation.attributes["val"])) is not None:
            scope[name] = value

    def expand(self, operation: Any, scope: MutableMapping[str, Value]) -> None:
        """Notes an op that decompresses a weight."""
        if not operation.outputs:
            raise ArtifactError(f"{self._package.path} has a {operation.type} without output; convert again")
        given = {key: value for key, value in self._arguments(operation, scope) if key not in _SETTINGS}
        leaves = frozenset(leaf for value in given.values() for leaf in value.leaves)
        self._parts |= leaves
        self._inner |= {value.number for value in given.values()}
        depth = 1 + max((value.depth for value in given.values()), default=0)
        if depth > NESTING:
            raise ArtifactError(f"{self._package.path} has more than {NESTING} decompressions in a row; refuse it")
        data = given.get(_DATA.get(operation.type, ""))
        kind = f"{operation.type} of {data.kind}" if data and data.kind else str(operation.type)
        size = sum(_bytes(item.type) for item in operation.outputs)
        value = Value(leaves, self._bits(operation, data, given), kind, size, depth, len(self._expanded))
        self._expanded.append(value)
        scope.update((item.name, value) for item in operation.outputs)

    def consume(self, operation: Any, scope: Mapping[str, Value]) -> None:
        """Notes what any other op takes."""
        for _, value in self._arguments(operation, scope):
            self._take(value, str(operation.type))

    def leave(self, names: Iterable[str], scope: Mapping[str, Value]) -> None:
        """Notes what a block gives."""
        for name in names:
            if name in scope:
                self._take(scope[name], "an output")

    def weights(self) -> tuple[Weight, ...]:
        """All weights, largest first."""
        found = [
            Weight(item.name, item.dtype, item.shape, item.bytes, self._takers.get(number, "nothing"))
            for number, item in enumerate(self._stored)
            if item.large or number in self._parts
        ]
        return tuple(sorted(found, key=lambda weight: (-weight.bytes, weight.name)))

    def compressed(self) -> tuple[Compression, ...]:
        """Compressed weights by kind and bits; one that only serves to make another counts with that."""
        groups: dict[tuple[str, int | None], Counter[str]] = {}
        for value in self._expanded:
            if value.number in self._inner - self._used:
                continue
            group = groups.setdefault((value.kind, value.bits), Counter())
            stored = sum(self._stored[leaf].bytes for leaf in value.leaves)
            group.update(count=1, stored=stored, expanded=value.expanded)
        made = [Compression(kind, bits, g["count"], g["stored"], g["expanded"]) for (kind, bits), g in groups.items()]
        return tuple(sorted(made, key=lambda item: (-item.expanded, item.kind, item.bits or 0)))

    def _take(self, value: Value, op: str) -> None:
        self._used.add(value.number)
        for leaf in value.leaves:
            self._takers.setdefault(leaf, op)

    def _arguments(self, operation: Any, scope: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
        """Parameters that are constants: named ones, and values that stand in the op itself."""
        name = operation.outputs[0].name if operation.outputs else str(operation.type)
        for parameter, given in operation.inputs.items():
            for binding in given.arguments:
                if binding.WhichOneof("binding") != "value":
                    value = scope.get(binding.name)
                else:
                    value = self._value(f"{name}.{parameter}", binding.value)
                if value is not None:
                    yield parameter, value
        # Before iOS 18 the parameters of constexpr ops are attributes.
        for parameter, attribute in operation.attributes.items():
            if parameter != "name" and (value := self._value(f"{name}.{parameter}", attribute)) is not None:
                yield parameter, value

    def _value(self, name: str, value: Any) -> Value | None:
        """A constant tensor of numbers; None for texts and lists."""
        kind = value.type.tensorType
        if value.type.WhichOneof("type") != "tensorType" or not (bits := _bits(kind.dataType)):
            return None
        where = f"the constant '{name}' of {self._package.path}"
        if any(size.WhichOneof("dimension") != "constant" for size in kind.dimensions):
            raise ArtifactError(f"{where} is of unknown shape; the file is damaged, convert again")
        shape = tuple(int(size.constant.size) for size in kind.dimensions)
        size = -(-math.prod(shape) * bits // 8)
        in_file = value.WhichOneof("value") == "blobFileValue"
        if in_file:
            blob = value.blobFileValue
            self._package.weights(blob.fileName).read(int(blob.offset), _dtype(kind.dataType, where), size, where)
        elif _held(value.immediateValue.tensor, bits) != size:
            raise ArtifactError(f"{where} does not hold what its shape {list(shape)} asks for; convert again")
        large = in_file or math.prod(shape) >= _LARGE
        self._stored.append(Stored(name, _name(kind.dataType), bits, shape, size, large))
        return Value(frozenset({len(self._stored) - 1}), bits)

    def _bits(self, operation: Any, data: Value | None, given: Mapping[str, Value]) -> int | None:
        """Bits of a stored element."""
        lut = given.get("lut")
        if operation.type == "constexpr_lut_to_dense" and "shape" in {*operation.inputs, *operation.attributes}:
            # Before iOS 18 indices are packed into bytes; the table says how many bits each has.
            entries = math.prod(self._stored[min(lut.leaves)].shape) if lut and lut.leaves else 0
            return (entries - 1).bit_length() if entries > 1 else None
        return data.bits if data else None


def type_text(value_type: Any) -> str:
    """MIL's name of a tensor's element type; "text", "list", "dictionary", "state" or "tuple" for what is no tensor."""
    kind = str(value_type.WhichOneof("type") or "nothing")
    if kind != "tensorType":
        return kind.removesuffix("Type")
    name = _name(value_type.tensorType.dataType)
    return "text" if name == "STRING" else name


def _name(code: int) -> str:
    known = MIL_pb2.DataType.DESCRIPTOR.values_by_number
    return str(known[code].name) if code in known else f"type {code}"


def _bits(code: int) -> int:
    """Of an element in a file, which is what the number in MIL's name says; 0 for what is no number."""
    name = _name(code)
    size = re.match(r"[A-Z]+(\d+)", name)
    return 8 if name == "BOOL" else int(size[1]) if size else 0


def _dtype(code: int, where: str) -> DType:
    """For reading a record: types that the reference runner does not know are bytes whose code is not checked."""
    try:
        return dtype_of(code, where)
    except ArtifactError:
        return DType(_name(code), _bits(code), np.dtype(np.uint8), torch.uint8, None)


def _held(tensor: Any, bits: int) -> int:
    """Bytes that a value in the specification itself stands for."""
    kind = tensor.WhichOneof("value")
    if kind is None:
        return 0
    return len(tensor.bytes.values) if kind == "bytes" else -(-len(getattr(tensor, kind).values) * bits // 8)


def _bytes(value_type: Any) -> int:
    kind = value_type.tensorType
    return -(-math.prod(int(size.constant.size) for size in kind.dimensions) * _bits(kind.dataType) // 8)
