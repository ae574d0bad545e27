"""Open sizes and states through all formats: each saved file is run at each size and step."""

from __future__ import annotations

import base64
import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from deploykit.backends import RUNNERS
from deploykit.errors import LoweringError
from deploykit.work.draws import load
from tests.conftest import ROOT
from tests.open_models import CONTRACTS, Subject, go, measure, subject


def captured(name: str) -> Any:
    """A fixture: this network, captured once."""

    @pytest.fixture(scope="module", name=name)
    def made(tmp_path_factory: pytest.TempPathFactory) -> Subject:
        return subject(name, CONTRACTS[name], tmp_path_factory.mktemp(name))

    return made


mixed, transformer, sound, gru, lstm, decoder = map(captured, CONTRACTS)

ROADS = {"onnx": ("dynamo", ["onnxruntime"]), "litert": ("litert-torch", ["litert", "tflite"])}
ROADS["coreml"] = ("torch.export", ["coreml-reference"])


@pytest.mark.parametrize("backend", ROADS)
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_all_types_a_shared_size_and_a_state_in_every_format(
    mixed: Subject, backend: str, precision: str, tmp_path: Path
) -> None:
    road, runners = ROADS[backend]
    went = go(mixed, backend, road, tmp_path, "fp16" if precision == "fp16" else "fp32")
    assert went.problems == []
    for runner in runners:
        found = measure(mixed, went.file, runner)
        assert list(found) == ["random", "zeros", "extremes", "at n=3", "steps"]
        assert min(found.values()) > (100 if precision == "fp32" else 50)


@pytest.mark.parametrize("backend", ["onnx", "coreml"])
def test_a_range_at_its_ends_and_between(transformer: Subject, backend: str, tmp_path: Path) -> None:
    road, runners = ROADS[backend]
    went = go(transformer, backend, road, tmp_path)
    assert went.problems == []
    assert {tensor.shape for tensor in went.interface.inputs} == {(1, -1)}
    found = measure(transformer, went.file, runners[0])
    assert {"at tokens=1", "random"} < set(found)
    assert len(found) == 6
    assert min(found.values()) > 100


def test_a_range_cannot_be_had_of_litert_and_the_way_out_is_told(transformer: Subject, tmp_path: Path) -> None:
    with pytest.raises(LoweringError, match=r"tokens \(1 to 64\) is a range; list .*\[dim.tokens\] values = "):
        go(transformer, "litert", "litert-torch", tmp_path)


def test_listed_sizes_are_signatures_that_share_their_weights(sound: Subject, tmp_path: Path) -> None:
    from ai_edge_litert.interpreter import Interpreter

    went = go(sound, "litert", "litert-torch", tmp_path)
    assert went.problems == []
    names = Interpreter(str(went.file)).get_signature_list()
    assert set(names) == {"serving_default", "time_40", "time_64"}
    weights = 4 * sound.captured.parameters
    assert weights < went.file.stat().st_size < 1.2 * weights
    for runner in ("litert", "tflite"):
        assert min(measure(sound, went.file, runner).values()) > 100


def test_listed_sizes_are_the_shapes_of_a_core_ml_file(sound: Subject, tmp_path: Path) -> None:
    from coremltools.proto import Model_pb2

    went = go(sound, "coreml", "torch.export", tmp_path)
    assert went.problems == []
    assert min(measure(sound, went.file, "coreml-reference").values()) > 100
    spec = Model_pb2.Model.FromString((went.file / "Data/com.apple.CoreML/model.mlmodel").read_bytes())
    listed = spec.description.input[0].type.multiArrayType.enumeratedShapes.shapes
    assert sorted(tuple(shape.shape) for shape in listed) == [(1, 8, 40), (1, 8, 64), (1, 8, 100)]


def test_the_signature_has_the_contracts_words(sound: Subject, transformer: Subject) -> None:
    outputs = {tensor.name: tensor.shape for tensor in sound.captured.signature.outputs}
    assert outputs == {"frames": (1, "(time - 1) // 2 + 1", 1000), "mean": (1, 64)}
    assert transformer.captured.signature.outputs[0].shape == (1, "tokens", 5)


@pytest.mark.parametrize("road", ["torchscript trace", "torch.export, decomposed"])
@pytest.mark.parametrize("which", ["gru", "lstm"])
def test_core_ml_keeps_the_states_of_ios_18_itself(
    which: str, road: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    given: Subject = request.getfixturevalue(which)
    names = set(given.captured.project.contract.states)
    went = go(given, "coreml", road, tmp_path, "fp16", "18.0")
    assert went.problems == []
    assert {tensor.name for tensor in went.interface.states} == names
    assert [tensor.name for tensor in went.interface.inputs] == ["x"]
    assert [tensor.name for tensor in went.interface.outputs] == ["y"]
    found = measure(given, went.file, "coreml-reference")
    assert "steps" in found
    assert min(found.values()) > 50


@pytest.mark.parametrize(("precision", "min_os"), [("fp32", "18.0"), ("fp16", "17.0")])
def test_elsewhere_a_state_is_an_input_and_an_output(precision: str, min_os: str, gru: Subject, tmp_path: Path) -> None:
    went = go(gru, "coreml", "torchscript trace", tmp_path, "fp16" if precision == "fp16" else "fp32", min_os)
    assert (went.problems, went.interface.states) == ([], ())
    assert min(measure(gru, went.file, "coreml-reference").values()) > (100 if precision == "fp32" else 50)


def test_states_with_an_open_size_beside_them(mixed: Subject, tmp_path: Path) -> None:
    went = go(mixed, "coreml", "torch.export", tmp_path, "fp16", "18.0")
    assert went.problems == []
    assert [tensor.name for tensor in went.interface.states] == ["h"]
    assert min(measure(mixed, went.file, "coreml-reference").values()) > 50


@pytest.mark.parametrize("backend", ROADS)
def test_a_cache_of_keys_and_values_in_every_format(decoder: Subject, backend: str, tmp_path: Path) -> None:
    road, runners = ROADS[backend]
    went = go(decoder, backend, road, tmp_path)
    assert went.problems == []
    assert min(measure(decoder, went.file, runners[0]).values()) > 100


def test_core_ml_keeps_a_cache_itself(decoder: Subject, tmp_path: Path) -> None:
    went = go(decoder, "coreml", "torch.export", tmp_path, "fp16", "18.0")
    assert went.problems == []
    assert {tensor.name for tensor in went.interface.states} == {"keys", "values"}
    assert min(measure(decoder, went.file, "coreml-reference").values()) > 50


def test_a_files_states_carry_over_and_can_be_given(gru: Subject, tmp_path: Path) -> None:
    """What the reference runner makes of a state: the second of two runs depends on the first."""
    went = go(gru, "coreml", "torchscript trace", tmp_path, "fp16", "18.0")
    x, h = np.ones((1, 5, 8), np.float32), np.zeros((1, 1, 12), np.float32)
    with RUNNERS["coreml-reference"].open(went.file) as runner:
        first = runner.run({"x": x, "h": h})
        again = runner.run({"x": x, "h": first["h_next"]})
        carried = runner.run_steps([{"x": x, "h": h}] * 2, {"h": "h_next"})
        alone = runner.run_afresh({"x": x})
    assert first.keys() == {"y", "h_next"}
    assert first["h_next"].dtype == np.float32
    assert np.abs(again["y"] - first["y"]).max() > 0.01
    np.testing.assert_array_equal(carried[0]["y"], first["y"])
    np.testing.assert_array_equal(carried[1]["y"], again["y"])
    np.testing.assert_array_equal(alone["y"], first["y"])


def test_the_mac_script_carries_states(gru: Subject, tmp_path: Path) -> None:
    """`templates/mac/check.py` on a file with states and on one without, against PyTorch's own steps."""
    scratch = gru.folder / "scratch"
    steps, wanted = (load(scratch / name)["steps"] for name in ("inputs.npz", "fp32.npz"))
    for road, precision, min_os in (("torchscript trace", "fp16", "18.0"), ("torchscript trace", "fp32", "17.0")):
        folder = tmp_path / precision
        folder.mkdir()
        went = go(gru, "coreml", road, folder, "fp16" if precision == "fp16" else "fp32", min_os)
        model, taken = stand_in_model(went.file), {tensor.name for tensor in went.interface.inputs}
        made = check_script().predict(model, steps, dict.fromkeys(taken, "float32"), [], {"h": "h_next"})
        assert made.keys() == {"y", "h_next"}
        for name, array in made.items():
            values = np.frombuffer(base64.b64decode(array["base64"]), array["dtype"]).reshape(array["shape"])
            np.testing.assert_allclose(values, wanted[name], atol=1e-5 if precision == "fp32" else 5e-3)


def check_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mac_check", ROOT / "templates" / "mac" / "check.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def stand_in_model(file: Path) -> Any:
    """The Mac's `MLModel`, as the Mac tests have it."""
    path = ROOT / "tests" / "mac" / "stand_in" / "coremltools" / "models" / "__init__.py"
    package = "stand_in_models"
    spec = importlib.util.spec_from_file_location(package, path, submodule_search_locations=[str(path.parent)])
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[package] = module
    try:
        spec.loader.exec_module(module)
        return module.MLModel(str(file), SimpleNamespace(name="ALL"))
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == package]:
            del sys.modules[name]
