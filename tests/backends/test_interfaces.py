"""Each backend reads from its own files what it was asked to write."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from coremltools.proto import Model_pb2
from torch import nn

from deploykit.backends import BACKENDS, RUNNERS
from deploykit.backends.base import LowerRequest
from deploykit.errors import ArtifactError
from deploykit.manifest import Signature, TensorSpec
from deploykit.parity.interface import differences


class Net(nn.Module):
    def forward(self, x: torch.Tensor, k: torch.Tensor, on: torch.Tensor) -> dict[str, torch.Tensor]:
        y = torch.relu(x) * 2
        return {"y": y, "best": y.argmax(-1) + k.long(), "both": torch.logical_and(y > 0, on)}


GIVEN = {"x": torch.randn(1, 8), "k": torch.zeros(1, dtype=torch.int32), "on": torch.ones(1, 8, dtype=torch.bool)}


def specs(tensors: dict[str, torch.Tensor]) -> tuple[TensorSpec, ...]:
    return tuple(
        TensorSpec.model_validate({"name": n, "dtype": str(t.dtype).removeprefix("torch."), "shape": tuple(t.shape)})
        for n, t in tensors.items()
    )


SIGNATURE = Signature(inputs=specs(GIVEN), outputs=specs(Net()(**GIVEN)))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    program = torch.export.export(Net().eval(), (), kwargs=GIVEN, strict=False)
    made = {}
    for name, backend in BACKENDS.items():
        folder = tmp_path_factory.mktemp(name)
        request = LowerRequest("net", "1.0", None, "fp32", {"min_os": "17.0"}, SIGNATURE, folder, folder)
        made[name] = backend.roads[0].function(program, request)
    return made


@pytest.mark.parametrize("name", BACKENDS)
def test_a_file_has_the_interface_that_was_asked_for(name: str, files: dict[str, Path]) -> None:
    found = BACKENDS[name].read_interface(files[name])
    assert differences(SIGNATURE, found, "17.0") == []
    assert {tensor.name for tensor in found.inputs} == {"x", "k", "on"}
    assert found.min_os == ("17" if name == "coreml" else None)


@pytest.mark.parametrize(
    ("name", "runner"),
    [("coreml", "coreml-reference"), ("litert", "litert"), ("litert", "tflite"), ("onnx", "onnxruntime")],
)
def test_a_file_runs_on_the_signatures_own_types(name: str, runner: str, files: dict[str, Path]) -> None:
    with RUNNERS[runner].open(files[name]) as opened:
        made = opened.run({key: value.numpy() for key, value in GIVEN.items()})
    for key, expected in Net()(**GIVEN).items():
        np.testing.assert_allclose(made[key].astype(np.float32), expected.numpy().astype(np.float32), rtol=1e-6)


def spoil_coreml(path: Path, change: Callable[[Model_pb2.Model], None]) -> None:
    file = path / "Data/com.apple.CoreML/model.mlmodel"
    spec = Model_pb2.Model.FromString(file.read_bytes())
    change(spec)
    file.write_bytes(spec.SerializeToString())


def test_a_core_ml_file_whose_two_descriptions_differ_is_refused(files: dict[str, Path], tmp_path: Path) -> None:
    path = shutil.copytree(files["coreml"], tmp_path / "net.mlpackage")
    spoil_coreml(path, lambda spec: setattr(spec.description.output[0], "name", "other"))
    with pytest.raises(ArtifactError, match=r"outputs of net\.mlpackage .*'other'"):
        BACKENDS["coreml"].read_interface(path)


def test_a_core_ml_file_for_a_later_system_is_seen(files: dict[str, Path], tmp_path: Path) -> None:
    path = shutil.copytree(files["coreml"], tmp_path / "net.mlpackage")
    spoil_coreml(path, lambda spec: setattr(spec, "specificationVersion", 9))
    assert differences(SIGNATURE, BACKENDS["coreml"].read_interface(path), "17.0") == [
        "it needs system version 18, the target starts at 17.0"
    ]


def test_an_onnx_file_of_another_type_is_seen(files: dict[str, Path], tmp_path: Path) -> None:
    model = onnx.load(files["onnx"])
    model.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.FLOAT16
    onnx.save(model, tmp_path / "net.onnx")
    found = BACKENDS["onnx"].read_interface(tmp_path / "net.onnx")
    assert differences(SIGNATURE, found, None) == ["the input x is float16, wanted is float32"]


@pytest.mark.parametrize("name", BACKENDS)
def test_rubbish_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "rubbish").write_bytes(b"rubbish")
    with pytest.raises(ArtifactError):
        BACKENDS[name].read_interface(tmp_path / "rubbish")
