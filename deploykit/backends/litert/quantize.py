"""Integer `.tflite` files, by ai-edge-quantizer.

Source: https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/quantization_spec
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from ai_edge_litert.tools import flatbuffer_utils
from ai_edge_quantizer import qtyping, quantizer

from deploykit.backends.base import QuantizeRequest, Tensors
from deploykit.backends.heads import Op, clashing_heads, told
from deploykit.backends.litert.intermediates import index_of
from deploykit.backends.litert.runner import SIGNATURE
from deploykit.backends.ranges import Ranges
from deploykit.precisions import SCHEMES, Precision

_ANY = ".*"
_ALL = qtyping.TFLOperationName.ALL_SUPPORTED

_KEEP = quantizer.algorithm_manager.AlgorithmName.NO_QUANTIZE

WEIGHTED = frozenset(
    ("BATCH_MATMUL", "CONV_2D", "DEPTHWISE_CONV_2D", "EMBEDDING_LOOKUP", "FULLY_CONNECTED", "TRANSPOSE_CONV")
)
"""Types of ops whose weights become integers: ai_edge_quantizer.default_policy."""

LAYERS = frozenset(name.value for name in qtyping.TFLOperationName)
"""Types of ops that are calibrated."""

_FOUR_BITS = ("CONV_2D", "FULLY_CONNECTED", "EMBEDDING_LOOKUP", "BATCH_MATMUL")
"""Ops that ai-edge-quantizer 0.10 gives weights of 4 bits; the others with weights keep 8, depthwise ones too."""

_BORDER = ("INPUT", "OUTPUT")
"""They stay float32: the quantizer puts a QUANTIZE behind the one and a DEQUANTIZE before the other."""


def quantize(path: Path, request: QuantizeRequest, draws: Sequence[Tensors]) -> tuple[str, ...]:
    """Makes a float file one with integers, in place. Tells what else it did.

    Args:
        path: a `.tflite` file at fp32.
        request: what is wanted.
        draws: the inputs to calibrate with.
    """
    made = quantizer.Quantizer(str(path))
    for operation, config in _recipe(request.precision):
        made.update_quantization_recipe(regex=_ANY, operation_name=operation, op_config=config)
    found: dict[str, tuple[float, float]] = {}
    heads: tuple[Op, ...] = ()
    if made.need_calibration:
        found = _ranges(path, draws, request)
        heads = clashing_heads(_ops(path), found, "CONCATENATION", WEIGHTED)
    for name in (*_scopes(path, request.kept), *(op.outputs[0] for op in heads)):
        made.update_quantization_recipe(regex=f"^{re.escape(name)};", operation_name=_ALL, algorithm_key=_KEEP)
    for name in _BORDER:
        made.update_quantization_recipe(
            regex=_ANY,
            operation_name=getattr(qtyping.TFLOperationName, name),
            algorithm_key=_KEEP,
        )
    ranges = _calibrated(made, draws, found) if made.need_calibration else None
    made.quantize(ranges).export_model(str(path), overwrite=True)
    path.chmod(0o644)  # the quantizer leaves it executable
    return told(heads, "CONCATENATION")


def _ops(path: Path) -> Iterator[Op]:
    model = flatbuffer_utils.read_model(str(path))
    graph = model.subgraphs[0]
    for op in graph.operators:
        inputs, outputs = (
            tuple(graph.tensors[i].name.decode() for i in indices if i >= 0) for indices in (op.inputs, op.outputs)
        )
        yield Op(flatbuffer_utils.opcode_to_name(model, op.opcodeIndex), inputs, outputs)


def _calibrated(
    made: quantizer.Quantizer, draws: Sequence[Tensors], found: dict[str, tuple[float, float]]
) -> dict[str, Any]:
    """The quantizer's calibration with the ranges of all inputs: its own is a moving average that forgets the first."""
    known: dict[str, Any] = made.calibrate({SIGNATURE: list(draws[:1])})
    for name, range_of in known.items():
        if name in found and {"min", "max"} <= range_of.keys():
            for end, value in zip(("min", "max"), found[name], strict=True):
                range_of[end] = np.full_like(range_of[end], value)
    return known


def _ranges(path: Path, draws: Sequence[Tensors], request: QuantizeRequest) -> dict[str, tuple[float, float]]:
    """The ranges of inputs and of what ops give, by their names in the file."""
    ranges = Ranges(request.ranges)
    made = {name for op in _ops(path) for name in op.outputs}
    interpreter = Interpreter(
        str(path),
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    interpreter.allocate_tensors()
    taken = {
        name: item["index"] for name, item in interpreter.get_signature_runner(SIGNATURE).get_input_details().items()
    }
    for draw in draws:
        for name, index in taken.items():
            interpreter.set_tensor(index, np.ascontiguousarray(draw[name]))
        interpreter.invoke()
        for item in interpreter.get_tensor_details():
            if item["name"] not in made and item["index"] not in taken.values():
                continue
            with contextlib.suppress(ValueError):  # a resource, or a tensor that no op needs any more
                ranges.see(item["name"], interpreter.get_tensor(item["index"]))
    return ranges.found()


def _scopes(path: Path, kept: tuple[str, ...]) -> Iterator[str]:
    """The quantizer's names of layers: those of their output tensors in the file."""
    tensors = flatbuffer_utils.read_model(str(path)).subgraphs[0].tensors if kept else []
    for name in kept:
        yield tensors[index_of(name)].name.decode()


def _recipe(precision: Precision) -> Iterator[tuple[Any, qtyping.OpQuantizationConfig]]:
    """Rows of operation and configuration; a later one overrides an earlier one."""
    scheme = SCHEMES[precision]
    if scheme.calibrated:
        yield _ALL, _config(8, qtyping.ComputePrecision.INTEGER, activations=True)
    elif scheme.activations == "dynamic":
        yield _ALL, _config(8, qtyping.ComputePrecision.INTEGER)
    else:
        yield _ALL, _config(8, qtyping.ComputePrecision.FLOAT)
        if scheme.bits == 4:
            for name in _FOUR_BITS:
                yield getattr(qtyping.TFLOperationName, name), _config(4, qtyping.ComputePrecision.FLOAT)


def _config(bits: int, compute: qtyping.ComputePrecision, activations: bool = False) -> qtyping.OpQuantizationConfig:
    of_activations = qtyping.TensorQuantizationConfig(num_bits=8, symmetric=False)
    return qtyping.OpQuantizationConfig(
        activation_tensor_config=of_activations if activations else None,
        weight_tensor_config=qtyping.TensorQuantizationConfig(
            num_bits=bits, symmetric=True, granularity=qtyping.QuantGranularity.CHANNELWISE
        ),
        compute_precision=compute,
        explicit_dequantize=compute == qtyping.ComputePrecision.FLOAT,
    )
