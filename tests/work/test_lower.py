from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from deploykit.backends import BACKENDS, RoadEntry
from deploykit.backends.base import LowerRequest
from deploykit.errors import UnavailableError
from deploykit.manifest import Signature
from deploykit.work.lower import lower


def unavailable(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    raise UnavailableError("its tool cannot be installed: no connection")


def fails(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    (request.folder / "half").write_text("")
    raise ValueError("of no use\nat all")


def works(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    (request.folder / "file").write_text("")
    return request.folder / "file"


def test_each_road_says_what_it_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    torch.export.save(torch.export.export(nn.ReLU(), (torch.ones(2),)), tmp_path / "program.pt2")
    roads = tuple(RoadEntry(f.__name__, f"{__name__}:{f.__name__}") for f in (unavailable, fails, works, fails))
    monkeypatch.setitem(BACKENDS, "onnx", replace(BACKENDS["onnx"], roads=roads))
    folder = tmp_path / "out"
    folder.mkdir()
    request = LowerRequest("net", "1", None, "fp32", {}, Signature(inputs=(), outputs=()), folder, tmp_path)
    kept, records, file = lower("onnx", tmp_path / "program.pt2", request)
    assert (kept, file) == ("works", folder / "file")
    assert [(r.road, r.outcome, r.reason) for r in records] == [
        ("unavailable", "not available", "its tool cannot be installed: no connection"),
        ("fails", "failed", "ValueError: of no use"),
        ("works", "kept", ""),
        ("fails", "not tried", "works was kept"),
    ]
    assert [path.name for path in folder.iterdir()] == ["file"]
    assert "ValueError: of no use" in capfd.readouterr().err
