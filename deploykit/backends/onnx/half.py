"""ONNX graphs in fp16 with float32 at their border, by onnxconverter-common; and what its version 1.16 gets wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import onnx
from onnxconverter_common import float16

from deploykit.backends.onnx.names import rename


def to_fp16(model: onnx.ModelProto, islands: Collection[str]) -> onnx.ModelProto:
    """The same graph in fp16; its inputs and outputs keep their types.

    Args:
        model: in float32, without functions of its own.
        islands: names of the nodes that stay float32, beside those of ops that onnxconverter-common leaves so.
    """
    held = tuple(_hold_outputs(model.graph, islands))
    model = float16.convert_float_to_float16(model, keep_io_types=True, node_block_list=list(islands))
    _declare_casts(model.graph)
    _inside_before_casts(model.graph)
    _casts_to_fp16(model.graph)
    for output in held:
        _let_go(model.graph, output)
    return model


@dataclass(frozen=True)
class _Held:
    """An output that a float32 op gives, with an `Identity` between them."""

    name: str
    identity: str


def _hold_outputs(graph: onnx.GraphProto, islands: Collection[str]) -> Iterator[_Held]:
    """onnxconverter-common 1.16 narrows an output that a float32 op gives, a `Resize` for example, or refuses it.

    Behind an op in fp16 it is widened as it should be.
    """
    wide = {
        name
        for node in graph.node
        if node.op_type in float16.DEFAULT_OP_BLOCK_LIST or node.name in islands
        for name in node.output
    }
    for output in graph.output:
        if output.name in wide and output.type.tensor_type.elem_type == onnx.TensorProto.FLOAT:
            inner = onnx.ValueInfoProto()
            inner.CopyFrom(output)
            inner.name = f"{output.name}_held"
            rename(graph, {output.name: inner.name}, outputs=False)
            graph.value_info.append(inner)
            identity = onnx.helper.make_node("Identity", [inner.name], [output.name], f"{output.name}_identity")
            graph.node.append(identity)
            yield _Held(output.name, identity.name)


def _let_go(graph: onnx.GraphProto, output: _Held) -> None:
    """The float32 op gives the output itself again; what else takes its result still gets fp16."""
    given = {name: node for node in graph.node for name in node.output}
    identity = next(node for node in graph.node if node.name == output.identity)
    narrowed, widened = given[identity.input[0]], given[output.name]
    assert narrowed.op_type == widened.op_type == "Cast"
    graph.node.remove(identity)
    graph.node.remove(widened)
    wide = narrowed.input[0]
    if not any(narrowed.output[0] in node.input for node in graph.node):
        graph.node.remove(narrowed)
    rename(graph, {wide: output.name}, outputs=False)
    gone = {output.name, widened.input[0]}
    inside = [value for value in graph.value_info if value.name not in gone]
    del graph.value_info[:]
    graph.value_info.extend(inside)


def _declare_casts(graph: onnx.GraphProto) -> None:
    """onnxconverter-common 1.16 leaves what stands behind an island declared as float32, and casts it to float16."""
    kinds = {n.output[0]: a.i for n in graph.node if n.op_type == "Cast" for a in n.attribute if a.name == "to"}
    for value in graph.value_info:
        if kinds.get(value.name) == onnx.TensorProto.FLOAT16:
            value.type.tensor_type.elem_type = onnx.TensorProto.FLOAT16


def _inside_before_casts(graph: onnx.GraphProto) -> None:
    """onnxconverter-common 1.16 widens an output, a state for example, for the ops behind it as well: they get fp16."""
    outputs = {output.name for output in graph.output}
    widened = {
        node.output[0]: node.input[0]
        for node in graph.node
        if node.op_type == "Cast" and node.output[0] in outputs and node.name == node.input[0]
    }
    used = {name for node in graph.node for name in node.input} & widened.keys()
    if not used:
        return
    for node in graph.node:
        node.input[:] = [widened.get(name, name) for name in node.input]
    inside = [value for value in graph.value_info if value.name not in used]
    del graph.value_info[:]
    graph.value_info.extend(inside)


def _casts_to_fp16(graph: onnx.GraphProto) -> None:
    """onnxconverter-common 1.16 declares what a cast to float32 gives as float16, and leaves the cast as it is."""
    kinds = {value.name: value.type.tensor_type.elem_type for value in (*graph.value_info, *graph.output)}
    for node in graph.node:
        for attribute in node.attribute:
            if node.op_type == "Cast" and attribute.name == "to" and attribute.i == onnx.TensorProto.FLOAT:
                attribute.i = kinds.get(node.output[0], attribute.i)
            for inner in (attribute.g, *attribute.graphs) if attribute.HasField("g") else attribute.graphs:
                _casts_to_fp16(inner)
