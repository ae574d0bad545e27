"""Integer `.onnx` files, by onnxruntime.quantization: QuantizeLinear and DequantizeLinear around the float ops.

Source: https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from onnx import version_converter
from onnxruntime.quantization import (
    CalibrationMethod,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.calibrate import TensorData, TensorsData, save_tensors_data
from onnxruntime.quantization.qdq_quantizer import QDQQuantizer
from onnxruntime.quantization.quant_utils import load_model_with_shape_infer
from onnxruntime.quantization.registry import QDQRegistry

from deploykit.backends.base import QuantizeRequest, Tensors
from deploykit.backends.heads import Op, clashing_heads, told
from deploykit.backends.onnx.intermediates import follow_all
from deploykit.backends.ranges import Ranges
from deploykit.precisions import SCHEMES

_AXES = {"Conv": (1, 0, 1), "ConvTranspose": (1, 1, 0), "MatMul": (1, -1, -2), "Gather": (0, 0, 1)}
"""Op type with a weight → which input it is, and its axes of output and of input channels.

A Gemm's depend on its transB.
"""

OPSET_OF_INT4 = 21
"""The first whose DequantizeLinear takes 4 bits and blocks, known by ONNX Runtime since 1.18.

Source: https://onnxruntime.ai/docs/reference/compatibility.html
"""

WEIGHTED = frozenset((*_AXES, "Gemm"))
"""Types of ops whose weights become integers."""

LAYERS = frozenset(QDQRegistry)
"""Types of ops that are calibrated."""

_BLOCK = SCHEMES["int4-weights"].block or 0


def _any(shape: list[int]) -> bool:
    return len(shape) > 1


def _dense(shape: list[int]) -> bool:
    return len(shape) == 2


def _depthwise(shape: list[int]) -> bool:
    return len(shape) > 2 and shape[1] == 1


_EIGHT_BITS = ((QuantType.QInt8, 0, _any),)
_FOUR_BITS = ((QuantType.QInt8, 0, _depthwise), (QuantType.QInt4, _BLOCK, _dense), (QuantType.QInt4, 0, _any))
"""Type, size of blocks and weights, one after another: what is an integer already stays what it is.

onnxruntime 1.31 gives blocks to matrices only. Depthwise weights are few, and lose most.
"""


def quantize(path: Path, request: QuantizeRequest, draws: Sequence[Tensors]) -> tuple[str, ...]:
    """Makes a float file one with integers, in place. Tells what else it did.

    Args:
        path: an `.onnx` file at fp32.
        request: what is wanted.
        draws: the inputs to calibrate with.
    """
    scheme = SCHEMES[request.precision]
    if scheme.calibrated:
        found = _ranges(path, request, draws)
        heads = clashing_heads(_ops(path), found, "Concat", WEIGHTED)
        kept = replace(request, kept=(*request.kept, *(name for op in heads for name in op.outputs)))
        with tempfile.TemporaryDirectory() as folder:
            ranges = Path(folder) / "ranges.json"
            save_tensors_data(_tensors_data(found), ranges)
            quantize_static(
                str(path),
                str(path),
                per_channel=True,
                activation_type=QuantType.QInt8,
                weight_type=QuantType.QInt8,
                nodes_to_exclude=_kept(path, kept),
                calibration_cache_path=ranges,
            )
        return told(heads, "Concat")
    if scheme.activations == "dynamic":
        excluded = _kept(path, request)
        quantize_dynamic(str(path), str(path), per_channel=True, weight_type=QuantType.QInt8, nodes_to_exclude=excluded)
    else:
        if scheme.bits == 4:
            onnx.save_model(version_converter.convert_version(onnx.load_model(path), OPSET_OF_INT4), path)
        for kind, block, wanted in _FOUR_BITS if scheme.bits == 4 else _EIGHT_BITS:
            _weights(path, kind, block, wanted, request.kept)
    return ()


def _ops(path: Path) -> Iterator[Op]:
    for node in onnx.load_model(path).graph.node:
        yield Op(node.op_type, tuple(node.input), tuple(node.output))


def _ranges(path: Path, request: QuantizeRequest, draws: Sequence[Tensors]) -> dict[str, tuple[float, float]]:
    """The range of every tensor over the calibration inputs.

    ONNX Runtime's own calibration by entropy has as many bins as it looks for (128), so that it clips nothing.
    """
    ranges = Ranges(request.ranges)
    for draw in draws:
        for name, value in draw.items():
            ranges.see(name, value)
    follow_all(path, draws, lambda made: ranges.see(made.name, made.value))
    return ranges.found()


def _tensors_data(ranges: dict[str, tuple[float, float]]) -> TensorsData:
    """ONNX Runtime's form of ranges."""
    found = {name: TensorData(lowest=np.float32(low), highest=np.float32(high)) for name, (low, high) in ranges.items()}
    return TensorsData(CalibrationMethod.MinMax, found)


def _kept(path: Path, request: QuantizeRequest) -> list[str]:
    """The nodes that stay float."""
    return [node.name for node in onnx.load_model(path).graph.node if set(node.output) & set(request.kept)]


def _weights(
    path: Path, kind: QuantType, block: int, wanted: Callable[[list[int]], bool], kept: tuple[str, ...]
) -> None:
    """Some weights become integers, each behind a DequantizeLinear: none of the ops' own recipes is asked for."""
    model = load_model_with_shape_infer(path)
    made = QDQQuantizer(model, True, False, kind, QuantType.QInt8, {}, [], [], [], {"BlockSize": block})
    shapes = {tensor.name: list(tensor.dims) for tensor in model.graph.initializer}
    for node in model.graph.node:
        for index, output, inner in _weights_of(node):
            if not set(node.output) & set(kept) and wanted(shapes.get(node.input[index], [])):
                made.quantize_weight_tensor_per_channel(node.input[index], inner if block else output)
    made.quantize_model()
    made.model.topological_sort()  # ONNX Runtime takes any order, the standard and its checker do not
    onnx.save_model(made.model.model, path)


def _weights_of(node: onnx.NodeProto) -> Iterator[tuple[int, int, int]]:
    """Which of a node's inputs is a weight, and that weight's axes of output and of input channels."""
    if node.op_type == "Gemm":
        yield (1, 0, 1) if any(a.name == "transB" and a.i for a in node.attribute) else (1, 1, 0)
    elif node.op_type in _AXES:
        yield _AXES[node.op_type]
