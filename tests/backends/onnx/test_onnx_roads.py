"""ONNX's roads: the same border, the same numbers, the same bytes again; what each of them is for."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.coreml_reference.subject import Subject
from deploykit.backends import BACKENDS
from tests.backends.roads import go, subject

ROADS = range(len(BACKENDS["onnx"].roads))


class Attention(nn.Module):
    """Reshaped by the strides that PyTorch's CPU kernel leaves; what the exporter puts in its place leaves others."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        heads = x.reshape(2, 9, 4, 8).transpose(1, 2)
        heads = F.silu(heads * 1.0, inplace=True)  # a program may hold ops that change a tensor in place
        made = F.scaled_dot_product_attention(heads, heads, heads, attn_mask=torch.ones(9, 9))
        return made.transpose(1, 2).reshape(2, 3, 3, -1) + made.transpose(1, 2).view(2, 3, 3, -1)


class Comparing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        y = self.layer(x)
        return torch.where(y > 0, y * 2, y) + (x >= 0.5).float() + (ids.float() > 1).float()


@pytest.fixture(scope="module")
def comparing() -> Subject:
    return subject(Comparing(), torch.randn(3, 8), torch.tensor([[0, 1, 2, 3, 4, 5, 6, 7]], dtype=torch.int32))


@pytest.mark.parametrize("road", ROADS)
def test_every_road_gives_the_same_border(road: int, comparing: Subject, tmp_path: Path) -> None:
    first, other = go(comparing, "onnx", tmp_path / "first"), go(comparing, "onnx", tmp_path / "other", road)
    assert other.snr > 100
    assert other.interface == first.interface
    assert [tensor.dtype for tensor in other.interface.inputs] == ["float32", "int32"]
    again = go(comparing, "onnx", tmp_path / "again", road)
    assert other.file.read_bytes() == again.file.read_bytes()
    assert b"/tests/backends" not in other.file.read_bytes()


@pytest.mark.parametrize("road", ROADS)
def test_a_comparison_converts_to_fp16(road: int, comparing: Subject, tmp_path: Path) -> None:
    way = go(comparing, "onnx", tmp_path / "out", road, "fp16")
    assert 40 < way.snr < 90
    assert [tensor.dtype for tensor in way.interface.outputs] == ["float32"]
    weights = onnx.load(way.file).graph.initializer
    assert onnx.TensorProto.FLOAT16 in {weight.data_type for weight in weights}


@pytest.mark.parametrize("road", ROADS)
def test_a_reshape_after_attention(road: int, tmp_path: Path) -> None:
    way = go(subject(Attention(), torch.randn(2, 9, 32)), "onnx", tmp_path / "out", road)
    assert way.snr > 100
    assert "attention with strides of its own" in way.used
