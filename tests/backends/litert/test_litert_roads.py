"""LiteRT's roads: the same border and the same numbers."""

from __future__ import annotations

import os
from pathlib import Path
from pkgutil import resolve_name

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.coreml_reference.subject import Subject
from deploykit.backends import BACKENDS
from tests.backends.roads import go, subject


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.up = nn.Conv2d(3, 8, 3, 2, 1), nn.ConvTranspose2d(8, 4, 3, 2, 1, output_padding=1)

    def forward(self, x: torch.Tensor, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        y = F.gelu(self.conv(x))
        return self.up(y), F.adaptive_max_pool2d(y, 1).flatten(1) * ids.float()


@pytest.fixture(scope="module")
def small() -> Subject:
    return subject(Small(), torch.randn(1, 3, 8, 8), torch.tensor([[0, 1, 2, 3, 4, 5, 6, 7]], dtype=torch.int32))


def test_fp16_is_made_of_the_fp32_file_with_the_bytes_of_lowering_anew(small: Subject, tmp_path: Path) -> None:
    anew, twin = (go(small, "litert", tmp_path / precision, 0, precision).file for precision in ("fp16", "fp32"))
    before = twin.read_bytes()
    resolve_name(BACKENDS["litert"].roads[0].narrow)(twin)
    assert twin.read_bytes() != before
    assert twin.read_bytes() == anew.read_bytes()


@pytest.mark.parametrize("road", range(len([r for r in BACKENDS["litert"].roads if r.name.startswith("litert-torch")])))
def test_every_road_gives_the_same_border(road: int, small: Subject, tmp_path: Path) -> None:
    first, other = go(small, "litert", tmp_path / "first"), go(small, "litert", tmp_path / "other", road)
    assert "LITERT_TORCH_FULL_TFL_DECOMPS" not in os.environ
    assert other.snr > 100
    assert other.interface == first.interface
    assert {tensor.dtype for tensor in other.interface.inputs} == {"float32", "int32"}
    assert {"adaptive max pooling as maxima", "transposed convolution without output padding"} == set(other.used)
