"""What torch's dynamo exporter has an ONNX function for."""

from __future__ import annotations

from pathlib import Path

import torch
from torch.onnx._internal.exporter._decomp import (
    create_onnx_friendly_decomposition_table,
    get_onnx_implemented_overloads,
)
from torch.onnx._internal.exporter._dispatching import dispatch
from torch.onnx._internal.exporter._registration import ONNXRegistry

from deploykit.backends.knowledge import unknown_ops
from deploykit.backends.onnx.lower import OPSET
from deploykit.manifest import UnknownOp


def unknown(program: torch.export.ExportedProgram, root: Path) -> tuple[UnknownOp, ...]:
    """The calls that it has none for, after its own decompositions; see `unknown_ops`."""
    registry = ONNXRegistry.from_torchlib(OPSET)
    table = create_onnx_friendly_decomposition_table(set(get_onnx_implemented_overloads(registry)))
    decomposed = program.run_decompositions(table)
    return unknown_ops(program, decomposed, lambda node: dispatch(node, registry)[0] is not None, root)
