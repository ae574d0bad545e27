"""Looking at an artifact: its border has to be readable; its inside may be closed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deploykit.backends import Backend
from deploykit.backends.base import Inside
from deploykit.errors import ArtifactError, UnsupportedOpsError
from deploykit.manifest import Interface
from deploykit.work import examine as module
from deploykit.work.draws import save

BORDER = Interface(inputs=(), outputs=())


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    save(tmp_path / "inputs.npz", {"random": {"x": np.arange(8.0)}, "zeros": {"x": np.zeros(1)}})
    return tmp_path / "inputs.npz"


def test_a_few_draws_of_each_kind_are_followed(inputs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def look(self: Backend, artifact: Path, draws: list[dict[str, np.ndarray]], origins: dict[str, str]) -> Inside:
        seen.extend(float(draw["x"]) for draw in draws)
        return Inside()

    monkeypatch.setattr(Backend, "read_interface", lambda self, artifact: BORDER)
    monkeypatch.setattr(Backend, "look_inside", look)
    assert module.examine("coreml", "fp16", Path("x.mlpackage"), inputs).interface == BORDER
    assert seen == [0.0, 1.0, 2.0, 3.0, 0.0]
    module.examine("coreml", "fp32", Path("x.mlpackage"), inputs)
    module.examine("onnx", "fp16", Path("x.onnx"), inputs)
    assert len(seen) == 5, "only fp16 files of a backend that can be looked into"


def test_a_file_that_cannot_be_executed_still_has_a_border(
    inputs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def look(*_: object) -> Inside:
        raise UnsupportedOpsError("the Core ML reference runner", ["future_op"])

    monkeypatch.setattr(Backend, "read_interface", lambda self, artifact: BORDER)
    monkeypatch.setattr(Backend, "look_inside", look)
    assert module.examine("coreml", "fp16", Path("x.mlpackage"), inputs).inside == Inside()
    assert "future_op" in capsys.readouterr().out


def test_what_was_not_looked_at_says_so(inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Backend, "read_interface", lambda self, artifact: BORDER)
    assert module.examine("onnx", "fp16", Path("x.onnx"), inputs).unseen == "there is no file at fp32 to look into"
    twin = tmp_path / "broken.onnx"
    twin.write_bytes(b"not a model")
    assert "broken.onnx" in module.examine("onnx", "fp16", Path("x.onnx"), inputs, twin).unseen
    assert module.examine("litert", "fp16", Path("x.tflite"), inputs).unseen == ""


def test_a_border_that_cannot_be_read_is_an_error(inputs: Path, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError):
        module.examine("coreml", "fp16", tmp_path / "none.mlpackage", inputs)
