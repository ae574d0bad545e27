"""fp16 weights in a `.tflite` file, by ai-edge-quantizer."""

from __future__ import annotations

from pathlib import Path

from ai_edge_quantizer import qtyping, quantizer
from ai_edge_quantizer.recipe import AlgorithmName


def weights_to_fp16(path: Path) -> None:
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
    path.chmod(0o644)  # the quantizer leaves it executable
