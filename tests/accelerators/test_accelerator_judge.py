"""What tables say of ops: feature levels, types, ranks, parameters."""

from __future__ import annotations

import pytest

from deploykit.accelerators.analysis import analyse
from deploykit.accelerators.judge import judge
from deploykit.accelerators.tables import all_tables
from deploykit.opgraph import Answer, Attribute, Graph, Op, RawOp, Shape, Tensor, Verdict, graph_of


def tensor(shape: Shape, dtype: str = "float32", constant: bool = False, name: str = "x") -> Tensor:
    return Tensor(name, dtype, shape, constant)


def op(kind: str, *inputs: Tensor, out: Tensor | None = None, **attributes: Attribute) -> Op:
    return Op(kind, "y", inputs, (out or inputs[0],), attributes)


def said(table: str, given: Op, level: int = 1 << 30) -> Verdict:
    (verdict,) = judge(Graph(all_tables()[table].format, (given,)), all_tables()[table], level)
    return verdict


IMAGE = tensor((1, 8, 8, 4))
WEIGHT = tensor((4, 3, 3, 4), constant=True)
BIAS = tensor((4,), constant=True)


@pytest.mark.parametrize(
    ("given", "first"),
    [
        (op("CONV_2D", IMAGE, WEIGHT, BIAS), 1),
        (op("CONV_2D", IMAGE, WEIGHT, BIAS, dilation=(2, 2)), 3),
        (op("CONV_2D", tensor((1, 8, 8, 8)), WEIGHT, BIAS), 3),
        (op("CONV_2D", tensor((1, 8, 8, 4), "int8"), WEIGHT, BIAS), 3),
        (op("CONV_2D", IMAGE, WEIGHT), None),
        (op("MEAN", IMAGE, tensor((2,), "int32", True)), 2),
        (op("MEAN", tensor((1, 2, 3, 4, 5)), tensor((2,), "int32", True)), None),
        (op("BATCH_MATMUL", tensor((2, 3, 4)), tensor((2, 4, 5))), 6),
        (op("BATCH_MATMUL", tensor((2, 3, 4)), tensor((1, 4, 5))), None),
        (op("RESIZE_BILINEAR", IMAGE, tensor((2,), "int32", True), align_corners=True), 4),
        (op("MIRROR_PAD", IMAGE, tensor((4, 2), "int32", True)), 7),
        (op("ADD", IMAGE, IMAGE, out=tensor((None, 8, 8, 4))), None),
        (op("GELU", IMAGE), None),
    ],
)
def test_nnapi_by_feature_level(given: Op, first: int | None) -> None:
    taken = [level for level in range(1, 9) if said("nnapi", given, level).kind == "taken"]
    assert taken == (list(range(first, 9)) if first else [])


def test_reasons_name_what_is_wrong() -> None:
    wide = op("ADD", tensor((1, 2, 3, 4, 5)), tensor((1, 2, 3, 4, 5)))
    assert said("nnapi", wide).reason == "its input has rank 5; it takes ranks up to 4"
    assert said("nnapi", op("TOPK_V2", IMAGE), 2).reason == "only from level 3 (Android 10) on"
    assert said("tflite_gpu", op("SOFTMAX", IMAGE, beta=2.0)).reason == "beta is 2.0, not 1.0"


def test_the_neural_engine_computes_in_float16_and_the_rest_of_what_is_known_is_marked() -> None:
    half, single = (op("conv", tensor((1, 3, 8, 8), kind), WEIGHT) for kind in ("float16", "float32"))
    assert said("coreml_ne", half).kind == "taken"
    assert (said("coreml_ne", single).kind, said("coreml_ne", single).folklore) == ("not taken", False)
    recurrent = said("coreml_ne", op("lstm", tensor((4, 1, 8), "float16")))
    assert (recurrent.kind, recurrent.folklore) == ("not taken", True)
    assert said("coreml_all", single).kind == "taken"  # by the GPU
    assert said("coreml_cpu", op("while_loop", single.inputs[0] or IMAGE)).kind == "taken"


def test_what_depends_on_constants_alone_is_no_op() -> None:
    weight, wide, data = tensor((4,), "float16", True, "w"), tensor((4,), name="wide"), tensor((4,), name="in")
    raw = [RawOp("DEQUANTIZE", (weight,), (wide,)), RawOp("ADD", (data, wide), (tensor((4,), name="out"),))]
    graph = graph_of("litert", raw, ["in"])
    assert [(each.op, each.number) for each in graph.ops] == [("ADD", 1)]
    assert graph.ops[0].inputs[1] == Tensor("wide", "float32", (4,), constant=True)


def test_a_tool_that_means_some_ops_of_a_type_is_understood_by_the_table() -> None:
    names = ["in", "a", "b"]
    flat, deep = (tensor((1,) * rank, name=name) for rank, name in ((4, "a"), (5, "b")))
    raw = [RawOp("RESHAPE", (tensor((4,), name="in"),), (flat,)), RawOp("RESHAPE", (flat,), (deep,))]
    graph = graph_of("litert", raw, names[:1])
    verdicts = (Verdict("unknown", "too deep"),) * 2
    answer = Answer("litert_gpu", "measured", "the runtime", "1", verdicts, counted=1)
    gpu = next(one for one in analyse(graph, [answer]).accelerators if one.name == "litert_gpu")
    assert (gpu.verdicts, gpu.evidence, gpu.notes) == ("tn", "measured", ())
    assert [refusal.reason for refusal in gpu.refusals] == ["too deep"]
    miscounted = Answer("litert_gpu", "measured", "the runtime", "1", verdicts, counted=2)
    (note,) = next(one for one in analyse(graph, [miscounted]).accelerators if one.name == "litert_gpu").notes
    assert note == "it says itself that it takes 2 ops, 1 are told here"


def test_neighbouring_levels_that_say_the_same_are_one() -> None:
    graph = Graph("litert", (op("BATCH_MATMUL", tensor((2, 3, 4)), tensor((2, 4, 5))),))
    titles = [one.title for one in analyse(graph).accelerators if one.name == "nnapi"]
    assert titles == ["NNAPI, levels 1 to 5 (Android 8.1 to Android 12)", "NNAPI, levels 6 to 8 (Android 12+)"]
