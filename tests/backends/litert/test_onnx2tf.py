"""The road through the real onnx2tf: what it gives, and what it says where it cannot."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from deploykit.backends import BACKENDS, RUNNERS
from deploykit.backends.base import LowerRequest
from deploykit.backends.litert import onnx2tf as road
from deploykit.errors import LoweringError, UnavailableError
from deploykit.manifest import Signature, TensorSpec
from deploykit.parity.interface import differences
from deploykit.precisions import Precision
from tests.tools import require_environment


@pytest.fixture(autouse=True, scope="module")
def _environment() -> None:
    require_environment("onnx2tf")


class Types(nn.Module):
    def forward(self, x: torch.Tensor, k: torch.Tensor, on: torch.Tensor) -> dict[str, torch.Tensor]:
        y = torch.relu(x) * 2
        return {"y": y, "best": y.argmax(-1) + k.long(), "both": torch.logical_and(y > 0, on)}


class Pixels(nn.Module):
    """Takes channels last and channels first, gives both."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 16, 3, padding=1), nn.Conv2d(16, 4, 3, stride=2)

    def forward(self, image: torch.Tensor, plane: torch.Tensor) -> dict[str, torch.Tensor]:
        x = torch.relu(self.first(image.permute(0, 3, 1, 2) / 255 + plane))
        y = self.second(x)
        return {"map": y, "last": y.permute(0, 2, 3, 1), "mean": x.mean((2, 3))}


class Steps(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.LSTM(4, 3, batch_first=True, bidirectional=True)

    def forward(self, sound: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"steps": self.rnn(sound)[0]}


class Odd(nn.Module):
    """Outputs that converters like to merge: an input itself, one value twice, one value in two shapes."""

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        y = x.relu()
        return {"same": x, "y": y, "twice": y, "other": y.reshape(1, 5, 4, 3), "used": y.sum(1, keepdim=True) + 1}


class Words(nn.Module):
    """An embedding and dense layers over rank 3, which onnx2tf writes as GATHER and BATCH_MATMUL."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(50, 64)
        self.layers = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 32))

    def forward(self, ids: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"y": self.layers(self.table(ids))}


@dataclass(frozen=True)
class Case:
    network: nn.Module
    given: dict[str, torch.Tensor]


def cases() -> dict[str, Case]:
    torch.manual_seed(0)
    types = {"x": torch.randn(1, 8), "k": torch.ones(1, dtype=torch.int32), "on": torch.rand(1, 8) > 0.5}
    pixels = {"image": torch.rand(1, 17, 19, 3) * 255, "plane": torch.rand(1, 3, 17, 19)}
    return {
        "types": Case(Types(), types),
        "pixels": Case(Pixels(), pixels),
        "odd": Case(Odd(), {"x": torch.randn(1, 3, 4, 5)}),
        "words": Case(Words(), {"ids": torch.tensor([[3, 49, 0, 7]], dtype=torch.int32)}),
        "steps": Case(Steps(), {"sound": torch.randn(1, 3, 4)}),
    }


def specs(tensors: dict[str, torch.Tensor]) -> tuple[TensorSpec, ...]:
    return tuple(
        TensorSpec.model_validate({"name": n, "dtype": str(t.dtype).removeprefix("torch."), "shape": tuple(t.shape)})
        for n, t in tensors.items()
    )


def convert(case: Case, folder: Path, precision: Precision = "fp32") -> tuple[Path, Signature]:
    network = case.network.eval()
    program = torch.export.export(network, (), kwargs=case.given, strict=False)
    with torch.no_grad():
        signature = Signature(inputs=specs(case.given), outputs=specs(network(**case.given)))
    folder.mkdir(exist_ok=True)
    return road.from_onnx2tf(
        program, LowerRequest("net", "1", None, precision, {}, signature, folder, folder)
    ), signature


def noise_db(wanted: np.ndarray, got: np.ndarray) -> float:
    wanted, got = wanted.astype(np.float64), got.astype(np.float64)
    noise = np.square(wanted - got).sum()
    return float(10 * np.log10(np.square(wanted).sum() / noise)) if noise else 300.0


@pytest.mark.parametrize(
    ("name", "precision"), [(n, "fp32") for n in cases() if n != "words"] + [("pixels", "fp16"), ("words", "fp16")]
)
def test_a_file_has_the_signatures_border_and_computes_the_same_each_time(
    name: str, precision: Precision, tmp_path: Path
) -> None:
    case = cases()[name]
    file, signature = convert(case, tmp_path / "out", precision)
    assert [path.name for path in file.parent.iterdir()] == ["net.tflite"]
    found = BACKENDS["litert"].read_interface(file)
    assert differences(signature, found, None) == []
    with torch.no_grad():
        expected = case.network.eval()(**case.given)
    inputs = {key: value.numpy() for key, value in case.given.items()}
    for runner in ("litert", "tflite"):
        with RUNNERS[runner].open(file) as opened:
            opened.run(inputs)
            made = opened.run(inputs)
        for key, value in expected.items():
            assert made[key].shape == tuple(value.shape)
            assert noise_db(value.numpy(), made[key]) > (100 if precision == "fp32" else 50), (runner, key)


def test_fp16_halves_the_weights_and_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    torch.manual_seed(0)
    case = cases()["words"]
    fp16, _ = convert(case, tmp_path / "a", "fp16")
    again, _ = convert(case, tmp_path / "b", "fp16")
    parameters = sum(p.numel() for p in case.network.parameters())
    assert 2 * parameters < fp16.stat().st_size < 2.5 * parameters
    assert fp16.stat().st_mode & 0o777 == 0o644
    assert hashlib.sha256(fp16.read_bytes()).digest() == hashlib.sha256(again.read_bytes()).digest()


def rubbish(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    path = request.folder / "model.onnx"
    path.write_bytes(b"rubbish")
    return path


def test_what_onnx2tf_says_is_the_error_and_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(road, "from_dynamo", rubbish)
    monkeypatch.setattr(road.border, "flatten", lambda *_: None)
    with pytest.raises(LoweringError, match=r"^onnx2tf ended with exit code 1: .*(Error|Exception): "):
        convert(cases()["types"], tmp_path)
    assert "Traceback" in capfd.readouterr().out


def test_its_time_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(road, "from_dynamo", rubbish)
    monkeypatch.setattr(road.border, "flatten", lambda *_: None)
    monkeypatch.setattr(road, "LIMIT_S", 0.01)
    with pytest.raises(LoweringError, match=r"^onnx2tf was stopped after 0 s$"):
        convert(cases()["types"], tmp_path)


def test_without_its_environment_nothing_is_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_: object) -> Path:
        raise UnavailableError("no network")

    monkeypatch.setattr(road, "ready", absent)
    monkeypatch.setattr(road, "from_dynamo", None)
    with pytest.raises(UnavailableError, match="no network"):
        convert(cases()["types"], tmp_path)


@pytest.mark.parametrize(
    ("said", "last"),
    [
        ("\x1b[31mERROR:\x1b[0m the op is unknown\nuse -kat\n", "ERROR: the op is unknown"),
        ("ValueError: first\nTraceback\n  x\nonnx.Error: second\n", "onnx.Error: second"),
        ("only words\n\n", "only words"),
        ("", "it said nothing"),
    ],
)
def test_last_words(said: str, last: str) -> None:
    assert road.last_words(said) == last
