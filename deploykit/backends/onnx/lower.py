"""ExportedProgram → `.onnx`, by torch's dynamo exporter; fp16 by onnxconverter-common."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from onnxconverter_common import float16

from deploykit.backends.base import LowerRequest

OPSET = 18
"""Known by every ONNX Runtime since 1.14: https://onnxruntime.ai/docs/reference/compatibility.html"""


def from_dynamo(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    """The dynamo exporter, which takes an ExportedProgram as it is."""
    exported = torch.onnx.export(
        program,
        dynamo=True,
        opset_version=OPSET,
        input_names=[i.name for i in request.signature.inputs],
        output_names=[o.name for o in request.signature.outputs],
        verbose=False,
    )
    if exported is None:
        raise RuntimeError("torch.onnx.export gave nothing back")
    model = exported.model_proto
    if request.precision == "fp16":
        model = float16.convert_float_to_float16(model, keep_io_types=True)
    _drop_traces(model)
    onnx.checker.check_model(model, full_check=True)
    path = request.folder / f"{request.name}.onnx"
    path.write_bytes(model.SerializeToString(deterministic=True))
    return path


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
