"""The ops of a `.mlpackage`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from deploykit.backends.coreml.reference.features import function_name
from deploykit.backends.coreml.reference.package import Package
from deploykit.backends.coreml.reference.values import read_value
from deploykit.errors import ArtifactError
from deploykit.opgraph import Attribute, Graph, RawOp, Shape, Tensor, graph_of

PARAMETERS: dict[str, tuple[str, ...]] = {
    "conv": ("x", "weight", "bias"),
    "conv_quantized": ("x", "weight", "bias"),
    "conv_transpose": ("x", "weight", "bias"),
    "linear": ("x", "weight", "bias"),
    "matmul": ("x", "y"),
    "lstm": ("x", "weight_ih", "weight_hh"),
    "gru": ("x", "weight_ih", "weight_hh"),
    "rnn": ("x", "weight_ih", "weight_hh"),
}
"""Ops whose inputs are looked at one by one → their order; other inputs come behind these, by name."""

ASKED = ("dilations", "groups", "mode", "transpose_x", "transpose_y")
"""Parameters that tables of `deploykit.accelerators` and the counting of multiply-adds ask for."""

FEW = 16
"""Elements of a constant whose values are read."""


def read_graph(path: Path) -> Graph:
    """Reads the main function; blocks within an op count as that op.

    Raises:
        ArtifactError: if the package is damaged, or is no ML Program.
    """
    package = Package(path)
    function = package.spec.mlProgram.functions[function_name(package, None)]
    if str(function.opset) not in function.block_specializations:
        raise ArtifactError(f"{path} has no block for the opset '{function.opset}'; convert again")
    block = function.block_specializations[str(function.opset)]
    tensors = {item.name: _tensor(item.name, item.type) for item in function.inputs}
    given, constants, raw, inner = list(tensors), dict[str, Any](), [], 0
    for op in block.operations:
        outputs = tuple(_tensor(out.name, out.type) for out in op.outputs)
        tensors |= {out.name: out for out in outputs}
        inner += len(op.blocks)
        if op.type == "const":
            constants[op.outputs[0].name] = op.attributes["val"]
            tensors[op.outputs[0].name] = Tensor(outputs[0].name, outputs[0].dtype, outputs[0].shape, constant=True)
            continue
        raw.append(RawOp(str(op.type), _inputs(op, tensors), outputs, _attributes(op, constants, package)))
    notes = (f"{inner} blocks within ops (cond, while_loop) count as those ops",) if inner else ()
    return graph_of("coreml", raw, given, notes)


def _inputs(op: Any, tensors: dict[str, Tensor]) -> tuple[Tensor | None, ...]:
    first = PARAMETERS.get(str(op.type), ())
    order = [*first, *sorted(set(op.inputs) - set(first))]
    found: list[Tensor | None] = []
    for parameter in order:
        arguments = op.inputs[parameter].arguments if parameter in op.inputs else ()
        bound = [tensors.get(a.name) if a.name else _tensor("", a.value.type, constant=True) for a in arguments]
        found += bound or [None]
    for inner in op.blocks:
        found += [tensors[name] for name in sorted(_free(inner)) if name in tensors]
    return tuple(found)


def _free(block: Any) -> set[str]:
    """What a block takes of the one around it."""
    made = {item.name for item in block.inputs} | {out.name for op in block.operations for out in op.outputs}
    taken = {a.name for op in block.operations for bound in op.inputs.values() for a in bound.arguments if a.name}
    return (taken | set(block.outputs)).union(*(_free(b) for op in block.operations for b in op.blocks)) - made


def _attributes(op: Any, constants: dict[str, Any], package: Package) -> dict[str, Attribute]:
    found: dict[str, Attribute] = {}
    for name in ASKED:
        if name in op.inputs and len(op.inputs[name].arguments) == 1:
            argument = op.inputs[name].arguments[0]
            value = constants.get(argument.name) if argument.name else argument.value
            if value is not None and (known := _value(value, package)) is not None:
                found[name] = known
    return found


def _value(value: Any, package: Package) -> Attribute | None:
    """A scalar, a text or a few integers."""
    try:
        read: Any = read_value(value, package, f"a parameter in {package.path}")
    except ArtifactError:
        return None
    if isinstance(read, str):
        return read
    numbers = np.asarray(read)
    if numbers.size > FEW:
        return None
    if numbers.ndim == 0:
        scalar: Attribute = numbers.item()
        return scalar
    return tuple(int(n) for n in numbers.reshape(-1)) if numbers.dtype.kind in "iu" else None


def _tensor(name: str, declared: Any, constant: bool = False) -> Tensor:
    if declared.WhichOneof("type") == "stateType":
        return _tensor(name, declared.stateType.wrappedType, constant)
    if declared.WhichOneof("type") != "tensorType":
        return Tensor(name, "unknown", None, constant)
    sizes = declared.tensorType.dimensions
    shape: Shape | None = None
    if not any(size.unknown.variadic for size in sizes):
        shape = tuple(int(s.constant.size) if s.WhichOneof("dimension") == "constant" else None for s in sizes)
    return Tensor(name, _dtype(declared.tensorType.dataType), shape, constant)


def _dtype(code: int) -> str:
    from coremltools.proto import MIL_pb2

    return str(MIL_pb2.DataType.Name(code)).lower()
