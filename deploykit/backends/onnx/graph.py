"""The ops of an `.onnx` file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx

from deploykit.errors import ArtifactError
from deploykit.opgraph import Attribute, Graph, RawOp, Shape, Tensor, graph_of

FEW = 16
"""Elements of an integer constant whose values are read: axes, sizes, paddings."""


def read_graph(path: Path) -> Graph:
    """Reads the main graph; what is inside an If or a Loop counts as that op.

    Raises:
        ArtifactError: if the file is no ONNX model.
    """
    try:
        model = onnx.load(str(path))
        onnx.checker.check_model(model)
        model = onnx.shape_inference.infer_shapes(model, data_prop=True)
    except Exception as error:  # protobuf's, onnx's own and RuntimeError by turns
        raise ArtifactError(f"{path} is no ONNX model that can be read: {error}") from None
    graph = model.graph
    tensors = {t.name: _constant(t) for t in graph.initializer}
    tensors |= {value.name: _declared(value) for value in (*graph.input, *graph.value_info, *graph.output)}
    tensors |= {t.name: _constant(t) for t in graph.initializer}
    inner = sum(1 for node in graph.node for _ in _graphs(node))
    notes = (f"{inner} graphs within ops (If, Loop) count as those ops",) if inner else ()
    given = [value.name for value in graph.input if not tensors[value.name].constant]
    raw = (
        RawOp(
            node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}:{node.op_type}",
            tuple(_tensor(tensors, name) for name in _taken(node)),
            tuple(tensors.get(name, Tensor(name, "unknown", None)) for name in node.output if name),
            _attributes(node, tensors),
        )
        for node in graph.node
    )
    return graph_of("onnx", raw, given, notes)


def _tensor(tensors: dict[str, Tensor], name: str) -> Tensor | None:
    return tensors.get(name, Tensor(name, "unknown", None)) if name else None


def _taken(node: Any) -> list[str]:
    """Its inputs, and what graphs within it take of the graph around them."""
    names = list(node.input)
    for inner in _graphs(node):
        made = {name for each in inner.node for name in each.output} | {t.name for t in inner.initializer}
        made |= {value.name for value in inner.input}
        names += sorted({name for each in inner.node for name in _taken(each) if name} - made - set(names))
    return names


def _graphs(node: Any) -> Iterator[Any]:
    for attribute in node.attribute:
        if attribute.type == onnx.AttributeProto.GRAPH:
            yield attribute.g
        yield from attribute.graphs


def _constant(tensor: Any) -> Tensor:
    dtype = _name(tensor.data_type)
    shape = tuple(int(size) for size in tensor.dims)
    values = None
    if dtype in ("int32", "int64") and len(shape) <= 1 and (shape or (1,))[0] <= FEW:
        values = tuple(int(v) for v in onnx.numpy_helper.to_array(tensor).reshape(-1))
    return Tensor(tensor.name, dtype, shape, constant=True, values=values)


def _declared(value: Any) -> Tensor:
    if value.type.WhichOneof("value") != "tensor_type":
        return Tensor(value.name, "unknown", None)
    kind = value.type.tensor_type
    shape: Shape | None = None
    if kind.HasField("shape"):
        shape = tuple(int(d.dim_value) if d.HasField("dim_value") else None for d in kind.shape.dim)
    return Tensor(value.name, _name(kind.elem_type), shape)


def _name(code: int) -> str:
    """`TensorProto.FLOAT` → `float32`."""
    known = str(onnx.TensorProto.DataType.Name(code)).lower()
    return {"float": "float32", "double": "float64"}.get(known, known)


def _attributes(node: Any, tensors: dict[str, Tensor]) -> dict[str, Attribute]:
    found: dict[str, Attribute] = {}
    for attribute in node.attribute:
        value = onnx.helper.get_attribute_value(attribute)
        if isinstance(value, bytes):
            found[attribute.name] = value.decode("utf-8", "replace")
        elif isinstance(value, int | float | str):
            found[attribute.name] = value
        elif isinstance(value, list) and all(isinstance(each, int) for each in value):
            found[attribute.name] = tuple(value)
    # An axis counted from the front is the same as one counted from the end.
    data = tensors.get(node.input[0]) if node.input else None
    axis = found.get("axis")
    if isinstance(axis, int) and axis >= 0 and data is not None and data.shape is not None:
        found["axis"] = axis - len(data.shape)
    return found
