"""Reads a `.mlpackage` into a `Census`: the specification and the records of its weight files, no op is executed."""

from __future__ import annotations

import math
from collections import ChainMap, Counter
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import numpy as np

from deploykit.backends.coreml.census import Border, Census, FunctionCensus, OpCount
from deploykit.backends.coreml.constants import Constants, Value, type_text
from deploykit.backends.coreml.reference.features import Feature, features, function_name
from deploykit.backends.coreml.reference.ops import OPS
from deploykit.backends.coreml.reference.ops.limits import NESTING
from deploykit.backends.coreml.reference.package import Package
from deploykit.backends.coreml.reference.values import read_value
from deploykit.errors import ArtifactError

_SCALING = frozenset({"add", "mul", "real_div", "sub"})
"""How coremltools writes an image's scale and bias: ImageFeatureType has no fields for them."""


def census_of(path: Path) -> Census:
    """Counts what is in a package, also of ops that the reference runner does not know.

    Raises:
        ArtifactError: if it is damaged, or is not an ML Program.
    """
    package = Package(path)
    told = package.spec.description.metadata
    metadata = {
        "author": told.author,
        "license": told.license,
        "version": told.versionString,
        "description": told.shortDescription,
        **{str(key): str(told.userDefined[key]) for key in sorted(told.userDefined)},
    }
    return Census(
        path,
        sum(file.lstat().st_size for file in path.rglob("*") if file.is_file()),
        int(package.spec.specificationVersion),
        function_name(package, None),
        tuple(_Function(package, name).census() for name in sorted(package.spec.mlProgram.functions)),
        {key: str(value) for key, value in metadata.items() if value},
    )


class _Function:
    """Walks a function's blocks once."""

    def __init__(self, package: Package, name: str) -> None:
        self._package, self._name = package, name
        self._function = package.spec.mlProgram.functions[name]
        opset = str(self._function.opset)
        if opset not in self._function.block_specializations:
            raise ArtifactError(f"{package.path} has no block for the opset '{opset}' of '{name}'; convert again")
        self._block = self._function.block_specializations[opset]
        self._ops: Counter[str] = Counter()
        self._precision: Counter[str] = Counter()
        self._types: dict[str, Any] = {item.name: item.type for item in self._function.inputs}
        self._constants = Constants(package)

    def census(self) -> FunctionCensus:
        """What the function takes, does, gives and keeps."""
        scope: ChainMap[str, Value] = ChainMap()
        self._walk(self._block, scope, 0)
        given, made = features(self._package, self._name)
        states = [item for item in self._function.inputs if item.type.WhichOneof("type") == "stateType"]
        inputs = [item for item in self._function.inputs if item.type.WhichOneof("type") != "stateType"]
        return FunctionCensus(
            self._name,
            str(self._function.opset),
            tuple(self._border(item.name, item.type, given) for item in inputs),
            tuple(self._border(item.name, item.type.stateType.wrappedType, {}) for item in states),
            tuple(self._border(name, self._type(name), made) for name in self._block.outputs),
            tuple(OpCount(op, count, op in OPS) for op, count in self._ops.most_common()),
            tuple(self._precision.most_common()),
            self._constants.weights(),
            self._constants.compressed(),
        )

    def _walk(self, block: Any, scope: ChainMap[str, Value], depth: int) -> None:
        if depth > NESTING:
            raise ArtifactError(f"{self._package.path} has more than {NESTING} blocks within blocks; refuse it")
        for operation in block.operations:
            if depth == 0:
                self._types.update((item.name, item.type) for item in operation.outputs)
            if operation.type == "const":
                self._constants.define(operation, scope)
            elif operation.type.startswith("constexpr_"):
                self._constants.expand(operation, scope)
            else:
                self._ops[operation.type] += 1
                self._precision[type_text(operation.outputs[0].type) if operation.outputs else "nothing"] += 1
                self._constants.consume(operation, scope)
            for inner in operation.blocks:
                # coremltools gives both blocks of a loop the same names for their inputs, which may exist around them.
                hidden = {item.name: Value(frozenset(), None) for item in inner.inputs}
                self._walk(inner, scope.new_child(hidden), depth + 1)
        self._constants.leave(block.outputs, scope)

    def _type(self, name: str) -> Any:
        if name not in self._types:
            raise ArtifactError(f"the output '{name}' of {self._package.path} is no value of it; convert again")
        return self._types[name]

    def _border(self, name: str, declared: Any, described: Any) -> Border:
        feature = described.get(name, Feature(name))
        shape = None
        if declared.WhichOneof("type") == "tensorType" and type_text(declared) != "text":
            sizes = declared.tensorType.dimensions
            if not any(size.unknown.variadic for size in sizes):
                constant = [size.WhichOneof("dimension") == "constant" for size in sizes]
                shape = tuple(int(s.constant.size) if c else None for s, c in zip(sizes, constant, strict=True))
        several = bool(feature.shapes.intervals) or len(feature.shapes.several) > 1
        allowed = str(feature.shapes) if several else ""
        scaling = tuple(self._scaling(name)) if feature.layout is not None else ()
        return Border(name, type_text(declared), shape, allowed, feature.layout, scaling, feature.optional)

    def _scaling(self, name: str) -> Iterator[str]:
        """The arithmetic with constants at the head of the block, as long as an image has one taker only."""
        constants: MutableMapping[str, Any] = {
            op.outputs[0].name: op.attributes["val"] for op in self._block.operations if op.type == "const"
        }
        takers: dict[str, list[Any]] = {}
        for operation in self._block.operations:
            for taken in {b.name for given in operation.inputs.values() for b in given.arguments if b.name}:
                takers.setdefault(taken, []).append(operation)
        while len(takers.get(name, ())) == 1 and len(takers[name][0].outputs) == 1:
            (operation,) = takers.pop(name)
            if operation.type in _SCALING:
                sides = [[b.name for b in operation.inputs[side].arguments] for side in ("x", "y")]
                if sides[0] != [name] and operation.type in ("real_div", "sub"):
                    return
                bindings = [b for side in ("x", "y") for b in operation.inputs[side].arguments if b.name != name]
                values = [constants.get(b.name) if b.name else b.value for b in bindings]
                text = self._few(values[0]) if len(values) == 1 and values[0] is not None else None
                if text is None:
                    return
                yield f"{operation.type} {text}"
            elif operation.type != "cast":
                return
            name = operation.outputs[0].name

    def _few(self, value: Any) -> str | None:
        """A scalar or the values of a few channels; None for what is larger."""
        sizes = value.type.tensorType.dimensions
        if value.type.WhichOneof("type") != "tensorType" or math.prod(size.constant.size for size in sizes) > 4:
            return None
        read = read_value(value, self._package, f"a constant of {self._package.path}")
        numbers = np.asarray(read).reshape(-1)
        return ", ".join(f"{number:.6g}" for number in numbers) if numbers.dtype.kind in "fiu" else None
