"""Roads that test_sweep sends to workers; imported there by name."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper

from deploykit.backends.base import LowerRequest


def wrong(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    """Writes a file that runs and computes something else: half of what the input is."""
    made = request.signature
    half = numpy_helper.from_array(np.array(0.5, np.float32), "half")
    graph = helper.make_graph(
        [helper.make_node("Mul", [made.inputs[0].name, "half"], [made.outputs[0].name])],
        "planted",
        [helper.make_tensor_value_info(i.name, onnx.TensorProto.FLOAT, i.shape) for i in made.inputs],
        [helper.make_tensor_value_info(o.name, onnx.TensorProto.FLOAT, o.shape) for o in made.outputs],
        [half],
    )
    path = request.folder / "planted.onnx"
    path.write_bytes(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8).SerializeToString()
    )
    return path


def refuses(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    raise NotImplementedError("no such\n  op")


def crashes(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    """Dies of the softplus only."""
    if any("softplus" in str(node.target) for node in program.graph.nodes):
        os.abort()
    return wrong(program, request)


def sleeps(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    time.sleep(600)
    raise AssertionError
