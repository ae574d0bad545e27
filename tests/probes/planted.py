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


def mixed(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    """Dies of a softplus, refuses a tanh, and is wrong about everything else."""
    ops = {str(node.target) for node in program.graph.nodes}
    if "aten.softplus.default" in ops:
        os.abort()
    if "aten.tanh.default" in ops:
        try:
            raise NotImplementedError("no such\n  op")
        except NotImplementedError as error:
            raise RuntimeError("it failed; here is a long text about how to report it") from error
    return wrong(program, request)


def sleeps(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    time.sleep(600)
    raise AssertionError
