"""Names and sizes of what an onnx2tf file takes and gives, as the contract has them.

onnx2tf makes everything channels last inside, and its passes sometimes take the last transpose for one that can go:
an output then comes out as N, H, W, C, silently. Sizes of a flat output have no order that could be changed. So an
output of three sizes or more leaves the ONNX graph flat, and the file's last reshape gets the wanted sizes.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils
from onnx import helper, numpy_helper

from deploykit.backends.litert.runner import SIGNATURE
from deploykit.errors import LoweringError
from deploykit.manifest import Signature, TensorSpec

WHOLE, FLAT = "deploykit_whole_", "deploykit_flat_"


def whole(signature: Signature) -> Signature:
    """The signature for the ONNX file: outputs that are to be flattened have names that nothing else has."""
    return signature.model_copy(
        update={
            "outputs": tuple(
                output.model_copy(update={"name": WHOLE + output.name}) if _is_flattened(output) else output
                for output in signature.outputs
            )
        }
    )


def flatten(path: Path, signature: Signature) -> None:
    """Appends a reshape to one dimension to outputs of an ONNX file that was made for `whole(signature)`."""
    model = onnx.load(path)
    for output in signature.outputs:
        if not _is_flattened(output):
            continue
        size = FLAT + output.name + "_size"
        model.graph.initializer.append(numpy_helper.from_array(np.array([math.prod(output.fixed)], np.int64), size))
        model.graph.node.append(helper.make_node("Reshape", [WHOLE + output.name, size], [FLAT + output.name]))
        value = next(value for value in model.graph.output if value.name == WHOLE + output.name)
        value.CopyFrom(
            helper.make_tensor_value_info(
                FLAT + output.name, value.type.tensor_type.elem_type, [math.prod(output.fixed)]
            )
        )
    path.write_bytes(model.SerializeToString(deterministic=True))


def settle(path: Path, signature: Signature) -> None:
    """Gives a `.tflite` file that was made of a flattened ONNX file the signature's names and sizes.

    Raises:
        LoweringError: if a size is another one, or if the file has variable tensors. TFLite's Interpreter starts a run
            with what the one before it left in them, and LiteRT's CompiledModel does not open such a file.
    """
    model = flatbuffer_utils.read_model(str(path))
    kept = [tensor.name.decode() for graph in model.subgraphs for tensor in graph.tensors if tensor.isVariable]
    if kept:
        raise LoweringError(f"onnx2tf's file keeps a state from one run to the next, in {', '.join(kept)}")
    entry = next(entry for entry in model.signatureDefs if entry.signatureKey.decode() == SIGNATURE)
    graph = model.subgraphs[entry.subgraphIndex]
    wanted = {tensor.name: tensor for tensor in (*signature.inputs, *signature.outputs)}
    shapes: dict[int, tuple[int, ...]] = {}
    for named in (*entry.inputs, *entry.outputs):
        name = named.name.decode().removeprefix(FLAT)
        tensor = graph.tensors[named.tensorIndex]
        if name not in wanted:
            raise LoweringError(f"onnx2tf's file has an input or output {name}; the model has none of that name")
        if named.name.decode() != name:
            _unflatten(model, graph, named.tensorIndex, wanted[name].fixed)
            named.name = tensor.name = name.encode()
        elif not _fits(tensor, wanted[name].fixed):
            sizes = [int(size) for size in tensor.shape]
            raise LoweringError(f"onnx2tf's file has {name} as {sizes}; the model has {list(wanted[name].fixed)}")
        if shapes.setdefault(named.tensorIndex, wanted[name].fixed) != wanted[name].fixed:
            raise LoweringError(f"onnx2tf's file has {name} and another output in one tensor; their sizes differ")
        _set_shape(tensor, wanted[name].fixed)
    flatbuffer_utils.write_model(model, str(path))


def _is_flattened(output: TensorSpec) -> bool:
    return len(output.shape) > 2


def _unflatten(model: Any, graph: Any, index: int, shape: tuple[int, ...]) -> None:
    """Lets the reshape that makes a tensor give it other sizes."""
    maker = next((op for op in graph.operators if index in op.outputs), None)
    name = graph.tensors[index].name.decode()
    if maker is None or flatbuffer_utils.opcode_to_name(model, maker.opcodeIndex) != "RESHAPE":
        raise LoweringError(f"onnx2tf's file does not end in a reshape for {name}")
    sizes = schema.TensorT()
    sizes.name, sizes.type = f"{name}_sizes".encode(), schema.TensorType.INT32
    _set_shape(sizes, (len(shape),))
    sizes.buffer = len(model.buffers)
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(np.array(shape, "<i4").tobytes(), np.uint8)
    model.buffers.append(buffer)
    graph.tensors.append(sizes)
    maker.inputs = np.array([maker.inputs[0], len(graph.tensors) - 1], np.int32)
    maker.builtinOptionsType, maker.builtinOptions = schema.BuiltinOptions.ReshapeOptions, schema.ReshapeOptionsT()
    maker.builtinOptions.newShape = np.array(shape, np.int32)


def _fits(tensor: Any, shape: tuple[int, ...]) -> bool:
    """Whether its sizes are these, or open."""
    sizes = tensor.shape if tensor.shapeSignature is None else tensor.shapeSignature
    sizes = () if sizes is None else tuple(int(size) for size in sizes)
    return len(sizes) == len(shape) and all(size in (-1, other) for size, other in zip(sizes, shape, strict=True))


def _set_shape(tensor: Any, shape: tuple[int, ...]) -> None:
    tensor.shape, tensor.shapeSignature, tensor.hasRank = np.array(shape, np.int32), None, True
