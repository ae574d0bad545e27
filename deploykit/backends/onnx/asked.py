"""What ONNX Runtime's own checker says of an `.onnx` file: which ops its NNAPI and Core ML providers have.

The checker looks at the type of an op, its rank and whether its sizes are known; the limits that it prints as caveats
it does not check.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from onnxruntime.tools.mobile_helpers import usability_checker
from onnxruntime.tools.onnx_model_utils import ModelProtoWithShapeInfo

from deploykit.accelerator_names import ORT_COREML, ORT_NNAPI
from deploykit.opgraph import Answer, Graph, Op, Verdict

CHECKS: dict[str, Callable[[Any], Any]] = {
    ORT_NNAPI: lambda model: usability_checker.check_nnapi_partitions(model, True),
    ORT_COREML: lambda model: usability_checker.check_coreml_partitions(
        model, True, "coreml_supported_mlprogram_ops.md"
    ),
}
"""Accelerator → the checker's function, which wants all sizes to be known."""

SOURCE = "ONNX Runtime's mobile usability checker (onnxruntime.tools.mobile_helpers)"


def ask(path: Path, graph: Graph, said: str = "") -> tuple[Answer, ...]:
    """The checker's answers; none where it cannot read the file, or has become another one. No runner says anything."""
    try:
        model = ModelProtoWithShapeInfo(path).model_with_shape_info
        found = {name: check(model) for name, check in CHECKS.items()}
        return tuple(_answer(graph, name, info) for name, info in found.items())
    except Exception as error:  # ONNX's exceptions share no base class, and the checker's parts are not public
        print(f"{SOURCE} could not be asked of {path.name}: {error}")
        return ()


def _answer(graph: Graph, name: str, info: Any) -> Answer:
    taken = {output for group in info.supported_groups for node in group for output in node.output if output}
    verdicts = tuple(
        Verdict("taken") if op.name in taken else Verdict("not taken", _reason(op, info)) for op in graph.ops
    )
    caveats = tuple(f"not checked: {' '.join(caveat.split())}" for caveat in info.supported_ops_checker.get_caveats())
    return Answer(name, "vendor's tool", SOURCE, f"onnxruntime {version('onnxruntime')}", verdicts, caveats)


def _reason(op: Op, info: Any) -> str:
    name = op.op if ":" in op.op else f"ai.onnx:{op.op}"
    if name in info.unsupported_ops:
        return "it is not among its ops"
    if name in info.ops_with_unsupported_rank:
        return "a rank that it does not take"
    return "a size is known at run time only"
