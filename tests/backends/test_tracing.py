"""From a file's ops back to the lines of the model, by what the roads leave beside their files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from deploykit.backends import BACKENDS
from deploykit.backends.base import ORIGINS
from deploykit.backends.tracing import trace
from deploykit.opgraph import RawOp, Tensor, graph_of
from tests.backends.roads import go, subject


def test_names_that_converters_change_are_found_again() -> None:
    names = ["matmul_1_cast_fp16", "made_by_a_pass", "3 net.Net/nn.Conv2d_stem;1;net.Net;2", "last"]
    raw = [RawOp("op", (Tensor("in", "float32", (1,)),), (Tensor(name, "float32", (1,)),)) for name in names]
    found = trace(graph_of("onnx", raw, ["in"]), {"matmul_1": "m.py:1", "net.Net/nn.Conv2d_stem": "m.py:2"})
    assert found == {names[0]: "m.py:1", names[1]: "m.py:2", names[2]: "m.py:2"}
    assert trace(graph_of("onnx", raw, ["in"]), {}) == {}


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        return torch.sigmoid(x)


@pytest.mark.parametrize("backend", ["litert", "onnx"])
def test_a_road_leaves_the_lines_of_its_ops(backend: str, tmp_path: Path) -> None:
    file = go(subject(Net(), torch.randn(1, 3, 8, 8)), backend, tmp_path / "out").file
    origins = json.loads((file.parent / ORIGINS).read_text())
    graph = BACKENDS[backend].read_graph(file)
    found = trace(graph, origins)
    lines = {op.op.lower(): found.get(op.name, "") for op in graph.ops}
    conv = next(line for op, line in lines.items() if op.startswith("conv"))
    assert "test_tracing.py:" in conv
    assert "`x = self.stem(x)`" in conv
