"""ExportedProgram → `.onnx`, by torch's dynamo exporter; fp16 by onnxconverter-common."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from onnxconverter_common import float16

from deploykit.backends.base import LowerRequest

_PRIVATE = "deploykit_"

OPSET = 18
"""Known by every ONNX Runtime since 1.14: https://onnxruntime.ai/docs/reference/compatibility.html"""


def from_dynamo(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    """The dynamo exporter, which takes an ExportedProgram as it is."""
    exported = torch.onnx.export(
        program,
        dynamo=True,
        opset_version=OPSET,
        input_names=[i.name for i in request.signature.inputs],
        output_names=[_PRIVATE + o.name for o in request.signature.outputs],
        verbose=False,
    )
    if exported is None:
        raise RuntimeError("torch.onnx.export gave nothing back")
    model = exported.model_proto
    if request.precision == "fp16":
        model = float16.convert_float_to_float16(model, keep_io_types=True)
    _name_outputs(model.graph, [o.name for o in request.signature.outputs])
    _drop_traces(model)
    onnx.checker.check_model(model, full_check=True)
    path = request.folder / f"{request.name}.onnx"
    path.write_bytes(model.SerializeToString(deterministic=True))
    return path


def _name_outputs(graph: onnx.GraphProto, names: list[str]) -> None:
    """Gives the outputs the contract's names, and whatever in the graph has one of these another one.

    The exporter calls values after ops, so an output called `mean` clashes with the result of a mean, and it refuses.
    """
    inputs = {i.name for i in graph.input}
    taken = {name for node in graph.node for name in node.output} | {i.name for i in graph.initializer}
    others = {name: f"{_PRIVATE}inner_{name}" for name in names if name in taken - inputs}
    _rename(graph, others | {_PRIVATE + name: name for name in names})


def _rename(graph: onnx.GraphProto, names: dict[str, str]) -> None:
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs) if attribute.HasField("g") else attribute.graphs:
                _rename(inner, names)
    for value in (*graph.output, *graph.value_info, *graph.initializer):
        value.name = names.get(value.name, value.name)


def _drop_traces(model: onnx.ModelProto) -> None:
    """The exporter leaves the author's stack traces, absolute paths and all, in every node."""
    graphs = [model.graph, *model.functions]
    del model.metadata_props[:]
    for graph in graphs:
        del graph.metadata_props[:]
        for node in graph.node:
            del node.metadata_props[:]
            node.doc_string = ""
        for value in (*getattr(graph, "value_info", ()), *getattr(graph, "input", ()), *getattr(graph, "output", ())):
            if isinstance(value, onnx.ValueInfoProto):
                del value.metadata_props[:]
    for tensor in model.graph.initializer:
        del tensor.metadata_props[:]
