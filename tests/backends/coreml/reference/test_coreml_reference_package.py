"""Broken packages and wrong inputs: each is refused with a message that names the thing and the remedy."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import coremltools as ct
import numpy as np
import pytest
from coreml_reference_programs import normal, save
from coremltools.converters.mil.mil import Builder as mb
from coremltools.proto import Model_pb2

from deploykit.backends.base import Runner
from deploykit.backends.coreml.reference import ReferenceRunner
from deploykit.backends.coreml.reference.declared import TensorType
from deploykit.errors import ArtifactError, UnsupportedOpsError

X = normal(2, 64)
MODEL = Path("Data/com.apple.CoreML/model.mlmodel")
WEIGHTS = Path("Data/com.apple.CoreML/weights/weight.bin")


def network(x):
    return mb.relu(x=mb.linear(x=x, weight=normal(8, 64, seed=1), bias=normal(8)), name="y")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("sound") / "net.mlpackage", network, {"x": X})


@pytest.fixture
def package(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "net.mlpackage"))


def edit(package: Path, change: Callable[[Any], None]) -> None:
    """Changes the specification: `change` gets the program's block."""
    spec = Model_pb2.Model()
    spec.ParseFromString((package / MODEL).read_bytes())
    function = spec.mlProgram.functions["main"]
    change(function.block_specializations[function.opset])
    (package / MODEL).write_bytes(spec.SerializeToString())


def operation(block: Any, kind: str) -> Any:
    return next(o for o in block.operations if o.type == kind)


def file_constant(block: Any) -> Any:
    return next(
        o.attributes["val"]
        for o in block.operations
        if o.type == "const" and o.attributes["val"].HasField("blobFileValue")
    )


def test_sound_package_runs(package: Path) -> None:
    with ReferenceRunner(package) as runner:
        assert isinstance(runner, Runner)
        result = runner.run({"x": X})["y"]
    np.testing.assert_allclose(result, np.maximum(X @ normal(8, 64, seed=1).T + normal(8), 0), 1e-4, 1e-4)


def test_unknown_ops_are_all_named(package: Path) -> None:
    def change(block: Any) -> None:
        operation(block, "relu").type = "warp"
        operation(block, "linear").type = "fold"

    edit(package, change)
    with pytest.raises(UnsupportedOpsError, match="fold, warp") as caught:
        ReferenceRunner(package)
    assert caught.value.ops == ("fold", "warp")


def test_nested_unknown_ops_are_named(tmp_path: Path) -> None:
    def build(x):
        positive = mb.greater(x=mb.reduce_sum(x=x), y=0.0)
        return mb.cond(pred=positive, _true_fn=lambda: mb.relu(x=x), _false_fn=lambda: mb.tanh(x=x))

    path = save(tmp_path / "cond.mlpackage", build, {"x": X})
    edit(path, lambda block: setattr(operation(operation(block, "cond").blocks[1], "tanh"), "type", "warp"))
    with pytest.raises(UnsupportedOpsError) as caught:
        ReferenceRunner(path)
    assert caught.value.ops == ("warp",)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda p: shutil.rmtree(p), "is not a folder"),
        (lambda p: (p / "Manifest.json").unlink(), "manifest"),
        (lambda p: (p / "Manifest.json").write_text("[]"), "manifest"),
        (lambda p: (p / MODEL).unlink(), "cannot read the model file"),
        (lambda p: (p / MODEL).write_bytes(b"\xff" * 99), "not a Core ML specification"),
        (lambda p: (p / MODEL).write_bytes(b""), "not an ML Program"),
        (lambda p: (p / WEIGHTS).unlink(), "weight.bin is missing"),
        (lambda p: (p / WEIGHTS).write_bytes(b""), "cannot read the weight file"),
        (lambda p: (p / WEIGHTS).write_bytes(b"\x01\x00\x00\x00"), "less than its header"),
        (lambda p: (p / WEIGHTS).write_bytes(bytes(4096)), "version 0"),
        (lambda p: (p / WEIGHTS).write_bytes((p / WEIGHTS).read_bytes()[:192]), "points to bytes"),
        (lambda p: (p / WEIGHTS).write_bytes((p / WEIGHTS).read_bytes()[:64]), "is not within its 64 bytes"),
    ],
)
def test_damaged_files(damage: Callable[[Path], Any], message: str, package: Path) -> None:
    damage(package)
    with pytest.raises(ArtifactError, match=message):
        ReferenceRunner(package)


@pytest.mark.parametrize(
    ("at", "number", "message"),
    [
        (0, 0xBAD, "0x00000BAD in place of 0xDEADBEEF"),
        (4, 1, "is of type 1, the program says FLOAT32"),
        (8, 4, "holds 4 bytes, the program's shape asks for 2048"),
        (16, 1 << 30, "points to bytes 1073741824"),
    ],
)
def test_damaged_record(at: int, number: int, message: str, package: Path) -> None:
    content = bytearray((package / WEIGHTS).read_bytes())
    content[64 + at : 68 + at] = number.to_bytes(4, "little")
    (package / WEIGHTS).write_bytes(content)
    with pytest.raises(ArtifactError, match=message):
        ReferenceRunner(package)


@pytest.mark.parametrize("offset", [0, 65, 1 << 40, (1 << 64) - 64])
def test_offset_outside(offset: int, package: Path) -> None:
    edit(package, lambda block: setattr(file_constant(block).blobFileValue, "offset", offset))
    with pytest.raises(ArtifactError, match=f"offset {offset} of .* is not within"):
        ReferenceRunner(package)


def test_weight_file_elsewhere(package: Path) -> None:
    edit(
        package, lambda block: setattr(file_constant(block).blobFileValue, "fileName", "@model_path/../../../../secret")
    )
    with pytest.raises(ArtifactError, match="outside of the package"):
        ReferenceRunner(package)


def test_model_file_elsewhere(package: Path) -> None:
    manifest = json.loads((package / "Manifest.json").read_text())
    manifest["itemInfoEntries"][manifest["rootModelIdentifier"]]["path"] = "../../secret"
    (package / "Manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ArtifactError, match="outside of the package"):
        ReferenceRunner(package)


def test_neural_network(package: Path) -> None:
    spec = Model_pb2.Model()
    spec.neuralNetwork.SetInParent()
    (package / MODEL).write_bytes(spec.SerializeToString())
    with pytest.raises(ArtifactError, match="neuralNetwork, not an ML Program; convert with"):
        ReferenceRunner(package)


def test_impossible_shape(package: Path) -> None:
    def change(block: Any) -> None:
        file_constant(block).type.tensorType.dimensions[0].constant.size = 1 << 50

    edit(package, change)
    with pytest.raises(ArtifactError, match="asks for"):
        ReferenceRunner(package)


def test_undefined_output(package: Path) -> None:
    edit(package, lambda block: block.outputs.append("nowhere"))
    with pytest.raises(ArtifactError, match=r"output 'nowhere' of .* is no tensor"):
        ReferenceRunner(package)


def test_outputs_are_copies(tmp_path: Path) -> None:
    values = normal(300)
    path = save(
        tmp_path / "copy.mlpackage",
        lambda x: (mb.identity(x=x, name="same"), mb.const(val=values, name="constant")),
        {"x": X},
    )
    runner, given = ReferenceRunner(path), X.copy()
    for result in runner.run({"x": given}).values():
        result[:] = 7
    np.testing.assert_array_equal(given, X)
    results = runner.run({"x": given})
    np.testing.assert_array_equal(results["same"], X)
    np.testing.assert_array_equal(results["constant"], values)


def test_undefined_name(package: Path) -> None:
    edit(package, lambda block: setattr(operation(block, "relu").inputs["x"].arguments[0], "name", "nowhere"))
    with pytest.raises(ArtifactError, match=r"relu 'y'.*refers to 'nowhere'"):
        ReferenceRunner(package)


def test_missing_parameter(package: Path) -> None:
    edit(package, lambda block: operation(block, "relu").inputs.clear())
    with pytest.raises(ArtifactError, match="relu: the required parameter 'x' is missing"):
        ReferenceRunner(package).run({"x": X})


def test_wrong_declared_shape(package: Path) -> None:
    def change(block: Any) -> None:
        operation(block, "linear").outputs[0].type.tensorType.dimensions[1].constant.size = 9

    edit(package, change)
    with pytest.raises(ArtifactError, match=r"linear .* the shape \[2, 8\], declared is \[2, 9\]"):
        ReferenceRunner(package).run({"x": X})


def test_a_rank_that_is_known_at_run_time_only(tmp_path: Path) -> None:
    """The result of `fill` for a shape of unknown length is declared with one size that stands for any number."""
    made = save(tmp_path / "m.mlpackage", lambda s: mb.fill(shape=s, value=2.0), {"s": np.array([2, 1, 3], np.int32)})

    def forget_rank(block: Any) -> None:
        declared = operation(block, "fill").outputs[0].type.tensorType
        del declared.dimensions[:]
        declared.dimensions.add().unknown.variadic = True

    edit(made, forget_rank)
    with ReferenceRunner(made) as runner:
        output = runner.outputs[0]
        assert isinstance(output, TensorType)
        assert output.shape_text == "[...]"
        (value,) = runner.run({"s": np.array([2, 1, 3], np.int32)}).values()
    np.testing.assert_array_equal(value, np.full((2, 1, 3), 2.0, np.float32))


def test_operands_that_do_not_fit(tmp_path: Path) -> None:
    path = save(tmp_path / "add.mlpackage", lambda x, y: mb.add(x=x, y=y, name="z"), {"x": X, "y": X})

    def change(spec: Any) -> None:
        spec.mlProgram.functions["main"].inputs[1].type.tensorType.dimensions[1].constant.size = 63

    spec = Model_pb2.Model()
    spec.ParseFromString((path / MODEL).read_bytes())
    change(spec)
    (path / MODEL).write_bytes(spec.SerializeToString())
    with pytest.raises(ArtifactError, match="add 'z' cannot be executed"):
        ReferenceRunner(path).run({"x": X, "y": X[:, :63]})


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, r"input 'x' is missing; give float32 \[2, 64\]"),
        ({"x": X[:1]}, r"'x' has shape \[1, 64\], declared is \[2, 64\]"),
        ({"x": X[0]}, r"'x' has shape \[64\], declared is \[2, 64\]"),
        ({"x": X.astype(np.float16)}, "'x' is float16, declared is float32"),
        ({"x": X, "w": X}, r"there is no input 'w'; the inputs are \['x'\]"),
    ],
)
def test_wrong_inputs(inputs: dict[str, np.ndarray], message: str, sound: Path) -> None:
    with pytest.raises(ArtifactError, match=message):
        ReferenceRunner(sound).run(inputs)


def test_all_input_problems_at_once(sound: Path) -> None:
    with pytest.raises(ArtifactError) as caught:
        ReferenceRunner(sound).run({"w": X})
    assert len(str(caught.value).splitlines()) == 3


def test_closed(sound: Path) -> None:
    runner = ReferenceRunner(sound)
    runner.close()
    runner.close()
    with pytest.raises(ArtifactError, match="closed"):
        runner.run({"x": X})


def test_unknown_mode(sound: Path) -> None:
    with pytest.raises(ValueError, match="no mode 'fast'"):
        ReferenceRunner(sound, "fast")  # a user's typo, which no type checker sees


def test_runs_do_not_change_inputs_or_weights(package: Path) -> None:
    before = (package / WEIGHTS).read_bytes()
    given = X.copy()
    given.flags.writeable = False
    runner = ReferenceRunner(package)
    first = runner.run({"x": given})["y"]
    np.testing.assert_array_equal(first, runner.run({"x": given})["y"])
    assert (package / WEIGHTS).read_bytes() == before


def test_random_damage(package: Path) -> None:
    """Whatever byte is wrong: the package runs, or is refused by an ArtifactError."""
    model, weights = (package / MODEL).read_bytes(), (package / WEIGHTS).read_bytes()
    random = np.random.default_rng(0)
    refused = 0
    for _ in range(200):
        spec, blob = bytearray(model), bytearray(weights)
        spec[random.integers(len(spec))] = random.integers(256)
        blob[random.integers(256)] = random.integers(256)
        (package / MODEL).write_bytes(spec)
        (package / WEIGHTS).write_bytes(blob)
        try:
            ReferenceRunner(package).run({"x": X})
        except ArtifactError:
            refused += 1
    assert 50 < refused < 200


def test_flexible_shapes(tmp_path: Path) -> None:
    from coremltools.converters.mil.mil import Function, Program, get_new_symbol

    program = Program()
    with Function({"x": mb.placeholder((get_new_symbol(), 4))}, opset_version=ct.target.iOS17) as function:
        function.set_outputs([mb.relu(x=function.inputs["x"], name="y")])
        program.add_function("main", function)
    shape = ct.TensorType(name="x", shape=(ct.RangeDim(1, 8, default=2), 4))
    model = ct.convert(program, inputs=[shape], convert_to="mlprogram", skip_model_load=True)
    model.save(str(tmp_path / "net.mlpackage"))
    runner = ReferenceRunner(tmp_path / "net.mlpackage")
    kind = runner.inputs[0].dtype.array
    for rows in (1, 5):
        assert runner.run({"x": np.ones((rows, 4), kind)})["y"].shape == (rows, 4)
