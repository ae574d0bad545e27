"""The inside of an `.onnx` file: every value made a graph output, without ONNX Runtime's optimisations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort

from deploykit.backends.base import Made, Tensors, Watch
from deploykit.errors import ArtifactError

AT_ONCE = 200
"""Values that one run gives: all of a large network's would not fit into memory."""


def follow(path: Path, inputs: Tensors, watch: Watch) -> Tensors:
    """See `Backend.follow`. What is inside an If or a Loop stays there."""
    (outputs,) = follow_all(path, [inputs], watch)
    return outputs


def follow_all(path: Path, draws: Sequence[Tensors], watch: Watch) -> list[Tensors]:
    """The same for several inputs; each value is shown for all of them before later values are."""
    try:
        model = onnx.load(str(path))
        outputs = [value.name for value in model.graph.output]
        made = {name: node for node in model.graph.node for name in node.output if name}
        names, results = list(made), [dict[str, np.ndarray]() for _ in draws]
        variable = {*made, *(value.name for value in model.graph.input)}
        for start in range(0, max(len(names), 1), AT_ONCE):
            some = names[start : start + AT_ONCE]
            session = _session(model, [name for name in some if name not in outputs])
            wanted = list(dict.fromkeys((*some, *(outputs if start == 0 else ()))))
            for inputs, result in zip(draws, results, strict=True):
                values = dict(zip(wanted, session.run(wanted, inputs), strict=True))
                result |= {name: values[name] for name in outputs if name in values}
                for name in some:
                    node, value = made[name], values[name]
                    if isinstance(value, np.ndarray):
                        operands = tuple(operand for operand in node.input if operand in variable)
                        watch(Made(node.op_type, name, operands, value.dtype.name, value))
    except Exception as error:  # neither ONNX's nor ONNX Runtime's exceptions share a base class
        raise ArtifactError(f"ONNX Runtime cannot run {path.name} value by value: {error}") from error
    return results


def _session(model: onnx.ModelProto, more: list[str]) -> ort.InferenceSession:
    opened = onnx.ModelProto()
    opened.CopyFrom(model)
    opened.graph.output.extend(onnx.ValueInfoProto(name=name) for name in more)
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    return ort.InferenceSession(opened.SerializeToString(), options, providers=["CPUExecutionProvider"])
