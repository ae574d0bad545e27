"""Multiply-adds of an op, for one run at the sizes that the file declares.

Only what multiplies weights or matrices is counted, as papers do: convolutions, dense layers, matrix products,
recurrent layers. A size that is open counts as 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from deploykit.opgraph import Op, Tensor

Count = Callable[[Op], int]


def macs(format: str, op: Op) -> int:
    """Multiply-adds of an op of a file; 0 for ops that have none, or too little said of their shapes."""
    count = COUNTS[format].get(op.op)
    return count(op) if count else 0


def _shape(tensor: Tensor | None) -> tuple[int, ...]:
    return () if tensor is None or tensor.shape is None else tuple(1 if size is None else size for size in tensor.shape)


def _numel(tensor: Tensor | None) -> int:
    return math.prod(_shape(tensor))


def _of_weight(weight: int, channels: int, data: int | None = None) -> Count:
    """Each output, or of a transposed convolution (`data`) each input, meets the weights of its channel once.

    Args:
        weight: place of the weight among the inputs.
        channels: its axis that numbers the channels of the outputs, or of the inputs.
        data: place of the input.
    """

    def count(op: Op) -> int:
        shape = _shape(op.given(weight))
        if not shape or not op.outputs:
            return 0
        met = op.outputs[0] if data is None else op.given(data)
        return _numel(met) * math.prod(shape) // max(shape[channels], 1)

    return count


def _product(left: int, right: int, flip: str, on_right: bool = False) -> Count:
    """Each element of a matrix product sums over the axis that its operands share.

    Args:
        left: place of the first operand.
        right: place of the second.
        flip: the attribute that says that the operand which is looked at is transposed.
        on_right: whether the shared axis is read off the second operand.
    """

    def count(op: Op) -> int:
        shape = _shape(op.given(right if on_right else left))
        if not shape or not op.outputs:
            return 0
        flipped = bool(op.attributes.get(flip, False))
        last = (-2 if flipped else -1) if not on_right else (-1 if flipped else -2)
        return _numel(op.outputs[0]) * (shape[last] if len(shape) >= abs(last) else shape[-1])

    return count


def _recurrent(weights: tuple[int, ...], steps: int, batch: int) -> Count:
    """Every step multiplies all weights once, for each sequence of the batch.

    Args:
        weights: places of the matrices.
        steps: the axis of time of the first input.
        batch: the axis of sequences.
    """

    def count(op: Op) -> int:
        shape = _shape(op.given(0))
        if len(shape) <= max(steps, batch):
            return 0
        return shape[steps] * shape[batch] * sum(_numel(op.given(w)) for w in weights if op.given(w))

    return count


COUNTS: dict[str, dict[str, Count]] = {
    # Weights: O H W I for convolutions, 1 H W O for depthwise ones, O I for dense layers; schema.fbs of TFLite.
    "litert": {
        "CONV_2D": _of_weight(1, 0),
        "CONV_3D": _of_weight(1, 4),
        "DEPTHWISE_CONV_2D": _of_weight(1, 3),
        "FULLY_CONNECTED": _of_weight(1, 0),
        "TRANSPOSE_CONV": _of_weight(1, 3, data=2),
        "BATCH_MATMUL": _product(0, 1, "adj_x"),
        "UNIDIRECTIONAL_SEQUENCE_LSTM": _recurrent(tuple(range(1, 9)), 1, 0),
    },
    # https://onnx.ai/onnx/operators/
    "onnx": {
        "Conv": _of_weight(1, 0),
        "ConvInteger": _of_weight(1, 0),
        "QLinearConv": _of_weight(3, 0),
        "ConvTranspose": _of_weight(1, 0, data=0),
        "Gemm": _product(0, 1, "transA"),
        "MatMul": _product(0, 1, ""),
        "MatMulInteger": _product(0, 1, ""),
        "QLinearMatMul": _product(0, 3, ""),
        "MatMulNBits": _product(0, 1, ""),
        "DynamicQuantizeMatMul": _product(0, 1, ""),
        "LSTM": _recurrent((1, 2), 0, 1),
        "GRU": _recurrent((1, 2), 0, 1),
        "RNN": _recurrent((1, 2), 0, 1),
    },
    # Parameters in the order of `deploykit.backends.coreml.graph.PARAMETERS`; coremltools, mil/ops/defs.
    "coreml": {
        "conv": _of_weight(1, 0),
        "conv_quantized": _of_weight(1, 0),
        "conv_transpose": _of_weight(1, 0, data=0),
        "linear": _of_weight(1, 0),
        "matmul": _product(0, 1, "transpose_x"),
        "lstm": _recurrent((1, 2), 0, 1),
        "gru": _recurrent((1, 2), 0, 1),
        "rnn": _recurrent((1, 2), 0, 1),
    },
}
"""Format → op → how its multiply-adds are counted."""
