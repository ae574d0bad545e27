"""`deploykit run`: the job, what it writes, and what is refused before a job starts."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, get_args

import coremltools as ct
import numpy as np
import onnx
import pytest
from coremltools.converters.mil.mil import Builder as mb
from coremltools.converters.mil.mil import Function, types
from PIL import Image
from rich.console import Console

from deploykit import execution
from deploykit.backends import RUNNERS
from deploykit.backends.coreml.reference import Mode
from deploykit.errors import ArgumentsError, ArtifactError
from deploykit.execution import Request
from deploykit.work.execute import Order, execute
from deploykit.work.given import Given
from tests.backends.coreml.reference.coreml_reference_programs import edited, normal, package, save

X = normal(2, 4)


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """log(x) is NaN for negative numbers and -inf for 0; exp(x) as fp16."""
    path = tmp_path_factory.mktemp("net") / "net.mlpackage"

    def build(x: Any) -> Any:
        return mb.log(x=x, epsilon=0.0, name="log"), mb.reduce_sum(x=x, axes=[0, 1], keep_dims=False, name="sum")

    return save(path, build, {"x": X})


def npy(path: Path, value: Any) -> Path:
    np.save(path, value)
    return path


def order(artifact: Path, *given: Given, runner: str = "coreml-reference", **options: str) -> Order:
    return Order(runner, artifact, options, given)


def text(shown: Any) -> str:
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(shown)
    return console.export_text()


def refused(request: Request) -> list[str]:
    with pytest.raises(ArgumentsError) as caught:
        execution.run(request)
    return list(caught.value.problems)


# --- the job


def test_figures_and_files(net: Path, tmp_path: Path) -> None:
    x = np.array([[-1, 0, 1, 2], [3, 4, 5, 6]], np.float64)
    outcome = execute(order(net, Given(None, npy(tmp_path / "x.npy", x))), tmp_path)
    assert outcome.notes == ("the input 'x' was float64, it is given as float32",)
    assert outcome.files == ("log.npy", "sum.npy")
    log, total = outcome.outputs
    assert (log.name, log.dtype, log.shape, log.nan, log.inf) == ("log", "float32", (2, 4), 1, 1)
    finite = np.log(np.array([1, 2, 3, 4, 5, 6]))
    np.testing.assert_allclose([log.low, log.high, log.mean], [0, finite.max(), finite.mean()], 1e-6)
    assert log.first == ("nan", "-inf", "0", "0.693147", "1.09861")
    assert (total.shape, total.low, total.first) == ((), 20, ("20",))
    assert np.load(tmp_path / "log.npy").dtype == np.float32
    np.testing.assert_array_equal(np.load(tmp_path / "sum.npy"), 20)


def test_modes(net: Path, tmp_path: Path) -> None:
    given = Given("x", npy(tmp_path / "x.npy", np.abs(X) + 1))
    assert execute(order(net, given, mode="fp64"), None).outputs[0].dtype == "float64"
    assert RUNNERS["coreml-reference"].options["mode"] == get_args(Mode)


def test_all_input_problems_at_once(net: Path, tmp_path: Path) -> None:
    one = npy(tmp_path / "one.npy", np.ones(3))
    with pytest.raises(ArgumentsError) as caught:
        execute(order(net, Given("y", one), Given("x", one)), None)
    head, *problems = caught.value.problems
    assert str(net) in head
    assert "there is no input 'y'; the inputs are x" in problems[0]
    assert "has shape [3], the input 'x' takes float32 [2, 4]" in problems[1]


@pytest.mark.parametrize("labels", [["cat", "dog", "cow"], [7, 3, 5]])
def test_a_classifier(labels: list[Any], tmp_path: Path) -> None:
    with Function({"x": mb.placeholder((1, 3))}, opset_version=ct.target.iOS18) as function:
        function.set_outputs([mb.softmax(x=function.inputs["x"], name="p")])
    path = package(tmp_path / "net.mlpackage", function, ct.target.iOS18, classifier_config=ct.ClassifierConfig(labels))
    x = npy(tmp_path / "x.npy", np.array([[0.5, 2, 1]], np.float32))
    outcome = execute(order(path, Given(None, x)), tmp_path)
    label, probabilities = outcome.outputs
    assert (label.name, label.dtype, label.first) == ("classLabel", "label", (str(labels[1]),))
    assert (probabilities.dtype, probabilities.shape) == ("probabilities", (3,))
    expected = np.exp([2, 1, 0.5]) / np.exp([2, 1, 0.5]).sum()
    assert probabilities.first == tuple(
        f"{name} {value:.6g}" for name, value in zip([labels[1], labels[2], labels[0]], expected, strict=True)
    )
    assert outcome.files == ("classLabel.npy", "classLabel_probs.json")
    assert np.load(tmp_path / "classLabel.npy").item() == labels[1]
    assert list(json.loads((tmp_path / "classLabel_probs.json").read_text())) == list(map(str, labels))


def test_a_picture(tmp_path: Path) -> None:
    with Function({"x": mb.placeholder((1, 3, 4, 6))}, opset_version=ct.target.iOS18) as function:
        function.set_outputs([mb.identity(x=function.inputs["x"], name="y")])
    image = ct.ImageType(name="x", shape=(1, 3, 4, 6), color_layout="BGR")
    path = package(tmp_path / "net.mlpackage", function, ct.target.iOS18, inputs=[image])
    pixels = np.random.default_rng(0).integers(0, 256, (4, 6, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "cat.png")
    execute(order(path, Given("x", tmp_path / "cat.png")), tmp_path)
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy")[0], pixels[:, :, ::-1].transpose(2, 0, 1))
    Image.fromarray(pixels[:3]).save(tmp_path / "low.png")
    with pytest.raises(ArgumentsError, match=r"is 3 × 6 pixels .* takes 4 × 6; resize the picture"):
        execute(order(path, Given("x", tmp_path / "low.png")), None)


def test_a_state_begins_anew(tmp_path: Path) -> None:
    placeholders = {
        "x": mb.placeholder((4,), dtype=types.fp16),
        "total": mb.state_tensor_placeholder((4,), dtype=types.fp16),
    }
    with Function(placeholders, opset_version=ct.target.iOS18) as function:
        total = mb.add(x=mb.read_state(input=function.inputs["total"]), y=function.inputs["x"])
        function.set_outputs([mb.coreml_update_state(state=function.inputs["total"], value=total, name="y")])
    path = package(tmp_path / "net.mlpackage", function, ct.target.iOS18)
    given = Given(None, npy(tmp_path / "x.npy", np.arange(4, dtype=np.float16)))
    for _ in range(2):
        assert execute(order(path, given), None).outputs[0].first == ("0", "1", "2", "3")


def test_names_of_outputs_are_not_paths(tmp_path: Path) -> None:
    path = save(
        tmp_path / "net.mlpackage", lambda x: (mb.relu(x=x, name="a"), mb.exp(x=x, name="b"), mb.exp(x=x)), {"x": X}
    )
    with edited(path) as spec:
        block = spec.mlProgram.functions["main"]
        operations = block.block_specializations[block.opset]
        names = ["../../up", ".._.._UP", ".hidden"]
        for i, (operation, name) in enumerate(
            zip([o for o in operations.operations if o.type != "const"], names, strict=True)
        ):
            operation.outputs[0].name = name
            operations.outputs[i] = name
    folder = tmp_path / "out"
    folder.mkdir()
    outcome = execute(order(path, Given(None, npy(tmp_path / "x.npy", X))), folder)
    assert outcome.files == ("_._.._up.npy", "_._.._UP_.npy", "_hidden.npy")
    assert sorted(f.name for f in folder.iterdir()) == sorted(outcome.files)
    assert [output.name for output in outcome.outputs] == names


def test_onnx(tmp_path: Path) -> None:
    info = onnx.helper.make_tensor_value_info
    weight = onnx.numpy_helper.from_array(normal(4, 3), "weight")
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["x", "weight"], ["y"])],
        "net",
        [info("x", onnx.TensorProto.FLOAT, ["rows", 4])],
        [info("y", onnx.TensorProto.FLOAT, ["rows", 3])],
        [weight],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(tmp_path / "net.onnx"))
    given = Given(None, npy(tmp_path / "x.npy", np.ones((5, 4))))
    (output,) = execute(order(tmp_path / "net.onnx", given, runner="onnxruntime"), None).outputs
    assert (output.name, output.dtype, output.shape) == ("y", "float32", (5, 3))
    assert output.high == pytest.approx(normal(4, 3).sum(0).max(), 1e-5)
    wrong = Given(None, npy(tmp_path / "w.npy", np.ones((5, 3))))
    with pytest.raises(ArgumentsError, match=r"takes float32 \[\?, 4\]"):
        execute(order(tmp_path / "net.onnx", wrong, runner="onnxruntime"), None)


# --- the command


def test_run_prints_and_writes(net: Path, tmp_path: Path) -> None:
    x = npy(tmp_path / "x.npy", np.abs(X).astype(np.float64) + 1)
    out = tmp_path / "deep" / "out"
    shown = text(execution.run(Request(net, (f"x={x}",), options={"mode": "unrounded"}, out=out)))
    assert "net.mlpackage on coreml-reference" in shown
    assert "reference execution, not Apple's runtime, mode unrounded" in shown
    assert "note: the input 'x' was float64, it is given as float32" in shown
    assert f"wrote {out / 'log.npy'}" in shown
    assert sorted(p.name for p in out.parent.iterdir()) == ["out"]
    np.testing.assert_allclose(np.load(out / "log.npy"), np.log(np.load(x)), 1e-6)
    assert refused(Request(net, (str(x),), out=out)) == [
        f"--out {out} is not an empty folder; nothing is overwritten, give a new one"
    ]


def test_a_run_that_fails_leaves_no_folder(net: Path, tmp_path: Path) -> None:
    x = npy(tmp_path / "x.npy", np.ones(3))
    refused(Request(net, (str(x),), out=tmp_path / "out"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.npy"]


def test_a_folder_with_a_manifest(net: Path, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(ArtifactError, match=r"manifest\.json cannot be read"):
        execution.run(Request(tmp_path))


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Request(Path("/nowhere/x.mlpackage")), ["does not exist; give a model file"]),
        (Request(Path("pyproject.toml")), ["known are .mlpackage, .onnx, .tflite"]),
        (Request(Path("x.onnx"), runner="coreml-referense"), ['did you mean "coreml-reference"?', "does not exist"]),
    ],
)
def test_what_cannot_be_run(request_: Request, words: list[str]) -> None:
    problems = "\n".join(refused(request_))
    for word in words:
        assert word in problems


def test_a_name_that_no_disk_takes() -> None:
    (problem,) = refused(Request(Path("a" * 5000 + ".onnx")))
    assert problem.endswith("File name too long")


@pytest.mark.parametrize("name", ["net.onnx", "net.tflite", "net.mlpackage"])
def test_a_file_that_is_no_model(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"no model at all" * 9)
    with pytest.raises(ArtifactError, match=name):
        execution.run(Request(tmp_path / name))


def test_wrong_arguments_are_named_together(net: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("a")
    given = ("none.npy", f"x={tmp_path / 'a.txt'}", "=b.npy")
    options = {"mode": "rounder", "function": "main"}
    problems = refused(Request(net, given, None, options, None, tmp_path / "out"))
    assert len(problems) == 5
    assert problems[0] == "--input none.npy: there is no file none.npy"
    assert "what kind of file is it? Known are .npy, .npz, .png" in problems[1]
    assert "write NAME=FILE" in problems[2]
    assert problems[3] == '--mode rounder: no such value; did you mean "rounded"?'
    assert "is not an empty folder" in problems[4]
    other = refused(Request(net, (), "onnxruntime", {"mode": "fp64"}))
    assert other == [
        "--runner onnxruntime does not open .mlpackage files; those that do: coreml-reference, coreml-apple",
        "--mode is not for the runner onnxruntime, but for coreml-reference",
    ]


def test_a_file_whose_name_has_an_equals_sign(net: Path, tmp_path: Path) -> None:
    path = npy(tmp_path / "a=b.npy", np.abs(X) + 1)
    assert execution._given(str(path), []) == Given(None, path)
    assert execution._given(f"x={path}", []) == Given("x", path)


@pytest.fixture(scope="module")
def open_net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ONNX file with a size that is known at run time only, and its manifest."""
    folder = tmp_path_factory.mktemp("open")
    size = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, "time"])
    made = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1, "time"])
    graph = onnx.helper.make_graph([onnx.helper.make_node("Relu", ["x"], ["y"])], "g", [size], [made])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, folder / "net.onnx")
    tensors = {"inputs": [{"name": "x", "dtype": "float32", "shape": [1, "time"]}], "outputs": []}
    contract = {
        "task": "tensors",
        "inputs": {"x": {"type": "tensor", "shape": [1, "time"]}},
        "outputs": {"y": {"type": "tensor"}},
        "dims": {"time": {"min": 2, "max": 6, "multiple_of": 2}},
    }
    words = ("deploykit", "model", "version", "target", "backend", "sha256", "weights_sha256", "road")
    manifest = dict.fromkeys(words, "") | {"precision": "fp32", "file": "net.onnx", "bytes": 1, "tools": {}}
    manifest |= {"signature": tensors, "contract": contract}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_an_open_size_is_told_with_its_range_and_drawn_at_its_default(open_net: Path) -> None:
    assert "drawn with seed 1: float32 [1, time: 2 to 6, a multiple of 2], as [1, 6]" in text(
        execution.run(Request(open_net, seed=1))
    )
    (problem,) = refused(Request(open_net))[1:]
    assert problem.endswith("is missing; give --input x=FILE with float32 [1, time: 2 to 6, a multiple of 2]")


@pytest.mark.parametrize("size", [1, 3, 8])
def test_a_size_out_of_range_is_refused_by_name(open_net: Path, tmp_path: Path, size: int) -> None:
    file = npy(tmp_path / "x.npy", np.ones((1, size), np.float32))
    problems = refused(Request(open_net, (str(file),)))
    assert problems[1:] == [f"time = {size} on axis 1 of 'x'; time is 2 to 6, a multiple of 2"]
    good = npy(tmp_path / "good.npy", np.ones((1, 4), np.float32))
    assert "y" in text(execution.run(Request(open_net, (str(good),))))
