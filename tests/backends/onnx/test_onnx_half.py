"""Graphs in fp16 have the border of the graphs in float32, whatever op gives an output."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest

from deploykit.backends.onnx.half import to_fp16

RESIZE = ["small", "", "scales"]


def graph(nodes: list[onnx.NodeProto], outputs: dict[str, list[int]]) -> onnx.ModelProto:
    """From `x`, `[1, 3, 8, 8]`, by a 1×1 convolution to `small`, and on by `nodes`."""
    weight = np.random.default_rng(0).normal(size=(2, 3, 1, 1)).astype(np.float32)
    made = onnx.helper.make_graph(
        [onnx.helper.make_node("Conv", ["x", "weight"], ["small"], "conv"), *nodes],
        "half",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 3, 8, 8])],
        [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name, shape in outputs.items()],
        [
            onnx.numpy_helper.from_array(weight, "weight"),
            onnx.numpy_helper.from_array(np.float32([1, 1, 2, 2]), "scales"),
        ],
    )
    model = onnx.helper.make_model(made, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=10)
    return onnx.shape_inference.infer_shapes(model)


def answers(model: onnx.ModelProto) -> list[np.ndarray]:
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    x = np.random.default_rng(1).normal(size=(1, 3, 8, 8)).astype(np.float32)
    return [np.asarray(value) for value in session.run(None, {"x": x})]


def resized(output: str) -> onnx.NodeProto:
    return onnx.helper.make_node("Resize", RESIZE, [output], "resize", mode="linear")


CASES = {
    "an op that stays float32 gives the output": ([resized("y")], {"y": [1, 2, 16, 16]}, ()),
    "another op takes it, too": (
        [resized("y"), onnx.helper.make_node("Relu", ["y"], ["z"], "relu")],
        {"y": [1, 2, 16, 16], "z": [1, 2, 16, 16]},
        (),
    ),
    "two of them": (
        [resized("y"), onnx.helper.make_node("Max", ["y", "y"], ["z"], "max")],
        {"y": [1, 2, 16, 16], "z": [1, 2, 16, 16]},
        (),
    ),
    "an island gives it": ([onnx.helper.make_node("Exp", ["small"], ["y"], "exp")], {"y": [1, 2, 8, 8]}, ("exp",)),
    "an op in fp16 gives it": ([onnx.helper.make_node("Exp", ["small"], ["y"], "exp")], {"y": [1, 2, 8, 8]}, ()),
}


@pytest.mark.parametrize("case", CASES)
def test_outputs_keep_their_type_and_their_numbers(case: str) -> None:
    nodes, outputs, islands = CASES[case]
    wanted = answers(graph(nodes, outputs))
    half = to_fp16(graph(nodes, outputs), islands)
    assert half.graph.initializer[0].data_type == onnx.TensorProto.FLOAT16
    found = answers(half)
    assert [value.dtype for value in found] == [np.dtype(np.float32)] * len(outputs)
    for have, want in zip(found, wanted, strict=True):
        assert have == pytest.approx(want, rel=5e-3, abs=5e-3)


def test_what_a_float32_op_gives_is_not_rounded_at_the_border() -> None:
    nodes, outputs, islands = CASES["an op that stays float32 gives the output"]
    half = to_fp16(graph(nodes, outputs), islands)
    assert [node.op_type for node in half.graph.node if node.output[0] == "y"] == ["Resize"]
    assert [node.op_type for node in half.graph.node].count("Identity") == 0
