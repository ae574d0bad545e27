"""ExportedProgram → `.tflite`, by litert-torch; fp16 weights by ai-edge-quantizer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import litert_torch
import torch
from ai_edge_quantizer import qtyping, quantizer
from ai_edge_quantizer.recipe import AlgorithmName

from deploykit.backends.base import LowerRequest

_TFL_OPS = "LITERT_TORCH_FULL_TFL_DECOMPS"
"""Has litert-torch lower by a table of its own from ATen to TFLite's ops, and not by way of StableHLO."""


def from_litert_torch(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    """litert-torch keeps the names of keyword inputs and dict outputs as the signature's names."""
    path = request.folder / f"{request.name}.tflite"
    _, inputs = program.example_inputs
    litert_torch.convert(program.module(), sample_kwargs=inputs).export(str(path))
    if request.precision == "fp16":
        _weights_to_fp16(path)
    path.chmod(0o644)  # the quantizer leaves it executable
    return path


def from_decomposed(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    """litert-torch after the decomposition to core ATen: it has no composite ops to recognise then."""
    return from_litert_torch(program.run_decompositions(), request)


def from_tfl_ops(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    """litert-torch by its other lowering, which shares few of the first one's faults."""
    with _environment(_TFL_OPS, "1"):
        return from_litert_torch(program, request)


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _weights_to_fp16(path: Path) -> None:
    """Weights stored as float16 and widened at load, as Google's GPU delegate wants it.

    Source: https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/post_training_float16_quant
    """
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
