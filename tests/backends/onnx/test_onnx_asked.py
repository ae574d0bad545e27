"""What ONNX Runtime's own checker says of an `.onnx` file."""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import TensorProto, helper

from deploykit.accelerators.analysis import analyse
from deploykit.backends.onnx.asked import ask
from deploykit.backends.onnx.graph import read_graph


def saved(folder: Path, *nodes: onnx.NodeProto, shape: tuple[int | str, ...] = (1, 4, 8)) -> Path:
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    made = helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "g", [given], [made])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, str(folder / "m.onnx"))
    return folder / "m.onnx"


def test_the_checker_s_verdicts_become_ours(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Relu", ["x"], ["a"]),
        helper.make_node("Erf", ["a"], ["b"]),  # Core ML's list has it, NNAPI's has not
        helper.make_node("Sigmoid", ["b"], ["y"]),
    ]
    file = saved(tmp_path, *nodes)
    graph = read_graph(file)
    found = {one.name: one for one in analyse(graph, ask(file, graph)).accelerators}
    nnapi, coreml = found["ort_nnapi"], found["ort_coreml"]
    assert (nnapi.evidence, nnapi.verdicts, nnapi.partitions) == ("vendor's tool", "tnt", 2)
    assert [(r.op, r.reason, r.cuts) for r in nnapi.refusals] == [("Erf", "it is not among its ops", 1)]
    assert (coreml.evidence, coreml.verdicts, coreml.partitions) == ("vendor's tool", "ttt", 1)


def test_open_sizes_are_refused(tmp_path: Path) -> None:
    file = saved(tmp_path, helper.make_node("Relu", ["x"], ["y"]), shape=(1, "time", 8))
    graph = read_graph(file)
    found = {one.name: one for one in analyse(graph, ask(file, graph)).accelerators}
    for name in ("ort_nnapi", "ort_qnn"):
        assert found[name].verdicts == "n"
        assert "known at run time only" in found[name].refusals[0].reason


def test_a_file_that_the_checker_cannot_read_leaves_the_tables(tmp_path: Path) -> None:
    file = saved(tmp_path, helper.make_node("Relu", ["x"], ["y"]))
    graph = read_graph(file)
    file.write_bytes(b"no longer a model")
    assert ask(file, graph) == ()
    nnapi = next(one for one in analyse(graph).accelerators if one.name == "ort_nnapi")
    assert nnapi.verdicts == "u"


def test_what_a_branch_takes_of_the_graph_around_it_counts(tmp_path: Path) -> None:
    then, otherwise = (
        helper.make_graph(
            [helper.make_node(kind, ["a"], [f"{kind}_out"])],
            kind,
            [],
            [helper.make_tensor_value_info(f"{kind}_out", TensorProto.FLOAT, (1, 4, 8))],
        )
        for kind in ("Relu", "Sigmoid")
    )
    choice = helper.make_node("Constant", [], ["c"], value=helper.make_tensor("c", TensorProto.BOOL, [], [True]))
    branch = helper.make_node("If", ["c"], ["y"], then_branch=then, else_branch=otherwise)
    graph = read_graph(saved(tmp_path, helper.make_node("Tanh", ["x"], ["a"]), choice, branch))
    assert [(op.op, op.before) for op in graph.ops] == [("Tanh", ()), ("If", (0,))]
    assert graph.notes == ("2 graphs within ops (If, Loop) count as those ops",)
