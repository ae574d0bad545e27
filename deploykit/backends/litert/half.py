"""fp16 weights in a `.tflite` file: stored as float16 and widened at load, as Google's GPU delegate wants it.

Source: https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/post_training_float16_quant
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils
from ai_edge_quantizer import qtyping, quantizer
from ai_edge_quantizer.recipe import AlgorithmName

LARGE = 1024
"""Elements below which a constant is left as it is: a step that widens it costs more than its bytes."""

_LEFT_OUT = ("BATCH_MATMUL", "GATHER")
"""Ops whose weights ai-edge-quantizer's float casting does not know; litert-torch writes others in their place."""


def weights_to_fp16(path: Path) -> None:
    """Weights of dense layers, convolutions and embeddings, by ai-edge-quantizer."""
    half = qtyping.OpQuantizationConfig(
        weight_tensor_config=qtyping.TensorQuantizationConfig(num_bits=16, dtype=qtyping.TensorDataType.FLOAT),
        compute_precision=qtyping.ComputePrecision.FLOAT,
        explicit_dequantize=True,
    )
    rewrite = quantizer.Quantizer(str(path))
    rewrite.update_quantization_recipe(
        regex=".*",
        operation_name=qtyping.TFLOperationName.ALL_SUPPORTED,
        op_config=half,
        algorithm_key=AlgorithmName.FLOAT_CASTING,
    )
    rewrite.quantize().export_model(str(path), overwrite=True)
    path.chmod(0o644)  # the quantizer leaves it executable


def products_to_fp16(path: Path) -> None:
    """Constants of batched matrix products and gathers, in the same way as the quantizer does it for other ops."""
    model = flatbuffer_utils.read_model(str(path))
    found = False
    for graph in model.subgraphs:
        used = (op for op in graph.operators if flatbuffer_utils.opcode_to_name(model, op.opcodeIndex) in _LEFT_OUT)
        large = dict.fromkeys(int(i) for op in used for i in op.inputs if _is_large(model, graph, int(i)))
        if large:
            found, code = True, _dequantize(model)
            graph.operators = [*(_widened(model, graph, code, index) for index in large), *graph.operators]
    if found:
        _drop_unused(model)
        flatbuffer_utils.write_model(model, str(path))


def _is_large(model: Any, graph: Any, index: int) -> bool:
    if index < 0 or graph.tensors[index].type != schema.TensorType.FLOAT32:
        return False
    data = model.buffers[graph.tensors[index].buffer].data
    return data is not None and len(data) >= 4 * LARGE


def _drop_unused(model: Any) -> None:
    used = {tensor.buffer for graph in model.subgraphs for tensor in graph.tensors}
    used |= {entry.buffer for entry in model.metadata or ()}
    for index, buffer in enumerate(model.buffers):
        if index not in used:
            buffer.data = None


def _dequantize(model: Any) -> int:
    """The index of a DEQUANTIZE that takes float16, which is its version 3."""
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.DEQUANTIZE
    code.version = 3
    model.operatorCodes.append(code)
    return len(model.operatorCodes) - 1


def _widened(model: Any, graph: Any, code: int, index: int) -> Any:
    """The op that gives a constant back from a new float16 constant; the old one has no data of its own then."""
    wide = graph.tensors[index]
    values = np.frombuffer(np.asarray(model.buffers[wide.buffer].data, np.uint8).tobytes(), "<f4")
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(values.astype("<f2").tobytes(), np.uint8)
    model.buffers.append(buffer)
    narrow = schema.TensorT()
    narrow.name, narrow.type = wide.name + b"_fp16", schema.TensorType.FLOAT16
    narrow.shape, narrow.hasRank, narrow.buffer = wide.shape, True, len(model.buffers) - 1
    graph.tensors.append(narrow)
    wide.buffer = 0  # by TFLite's rule the empty one
    op = schema.OperatorT()
    op.opcodeIndex, op.inputs, op.outputs = code, [len(graph.tensors) - 1], [index]
    op.builtinOptionsType = schema.BuiltinOptions.DequantizeOptions
    op.builtinOptions = schema.DequantizeOptionsT()
    return op
