"""The inside of a `.tflite` file: every tensor kept, with TFLite's own kernels and no delegate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

from deploykit.backends.base import Made, Tensors, Watch
from deploykit.backends.litert.runner import SIGNATURE
from deploykit.errors import ArtifactError


def follow(path: Path, inputs: Tensors, watch: Watch) -> Tensors:
    """See `Backend.follow`. XNNPACK would take ops out of the graph, and keep what is between them to itself."""
    try:
        interpreter = Interpreter(
            str(path),
            experimental_preserve_all_tensors=True,
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )
        interpreter.allocate_tensors()
        signature = interpreter.get_signature_runner(SIGNATURE)
        taken = {name: int(details["index"]) for name, details in signature.get_input_details().items()}
        given = {name: int(details["index"]) for name, details in signature.get_output_details().items()}
        del signature  # it holds on to memory of the interpreter, which refuses to run then
        for name, index in taken.items():
            interpreter.set_tensor(index, np.ascontiguousarray(inputs[name]))
        interpreter.invoke()
    except Exception as error:  # the binding raises RuntimeError and ValueError by turns
        raise ArtifactError(f"TFLite cannot run {path.name} without delegates: {error}") from error
    details = {item["index"]: item for item in interpreter.get_tensor_details()}
    names = {index: f"{index} {_short(item['name'])}" for index, item in details.items()}
    names |= {index: name for name, index in taken.items()}
    produced = set(taken.values())
    for op in interpreter._get_ops_details():
        operands = tuple(names[index] for index in op["inputs"] if index in produced)
        for index in (int(index) for index in op["outputs"]):
            produced.add(index)
            try:
                value = interpreter.get_tensor(index)
            except ValueError:  # a resource, or a tensor that no later op needs
                continue
            # Weights at fp16 are all that an fp16 file has of it; what they become is float32.
            kept = op["operand_types"][0] if op["op_name"] == "DEQUANTIZE" else value.dtype
            watch(Made(op["op_name"], names[index], operands, np.dtype(kept).name, _real(value, details[index])))
    return {name: interpreter.get_tensor(index) for name, index in given.items()}


def _real(value: NDArray[Any], details: dict[str, Any]) -> NDArray[Any]:
    """The numbers that an activation's integers stand for: they have one scale and one zero point."""
    scales, zeros = details["quantization_parameters"]["scales"], details["quantization_parameters"]["zero_points"]
    return value if len(scales) != 1 else (value.astype(np.float32) - zeros[0]) * scales[0]


def index_of(name: str) -> int:
    """The index in the file of a tensor that `follow` has shown."""
    return int(name.split(" ", 1)[0])


def _short(name: str) -> str:
    """litert-torch calls a tensor after all modules around the op, and after all ops that became one."""
    last = name.split(";")[0].rstrip("/").rsplit("/", 1)[-1]
    return last.rsplit(".", 1)[-1] or name
