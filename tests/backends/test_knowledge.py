"""Which ops a converter lacks, and at which line: told by what it has registered, and right about what it does."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from deploykit.backends import BACKENDS
from deploykit.manifest import UnknownOp
from deploykit.work.knowledge import unknown_ops

BESSEL = "aten.special_bessel_j0.default"


class Net(nn.Module):
    def forward(self, *, x: torch.Tensor) -> torch.Tensor:
        wave = torch.special.bessel_j0(x)
        return torch.softmax(wave, -1) + torch.special.bessel_j0(x[:1])


def exported(network: nn.Module) -> torch.export.ExportedProgram:
    return torch.export.export(network, (), {"x": torch.rand(2, 3)}, strict=False)


@pytest.mark.parametrize("name", BACKENDS)
def test_an_op_that_no_converter_has_is_named_with_its_lines(name: str) -> None:
    found = BACKENDS[name].unknown(exported(Net()), Path(__file__).parent)
    assert [op.op for op in found] == [BESSEL, BESSEL]
    assert [op.place.split(" ")[0] for op in found] == ["test_knowledge.py:20", "test_knowledge.py:21"]
    assert "`wave = torch.special.bessel_j0(x)`" in found[0].place


@pytest.mark.parametrize("name", BACKENDS)
def test_ordinary_networks_have_nothing_unknown(name: str) -> None:
    class Plain(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
            self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

        def forward(self, *, x: torch.Tensor) -> torch.Tensor:
            y = torch.nn.functional.gelu(self.b(self.a(x)))
            y = torch.nn.functional.interpolate(y, scale_factor=2.0, mode="bilinear").flatten(2).mT
            return self.attention(y, y, y)[0].softmax(-1).topk(3).values

    program = torch.export.export(Plain().eval(), (), {"x": torch.rand(1, 3, 8, 8)}, strict=False)
    assert BACKENDS[name].unknown(program, Path()) == ()


def test_one_row_for_all_that_lack_it(tmp_path: Path) -> None:
    torch.export.save(exported(Net()), tmp_path / "program.pt2")
    found = unknown_ops(tmp_path / "program.pt2", Path(__file__).parent)
    assert [(type(op), op.op, op.backends) for op in found] == [(UnknownOp, BESSEL, tuple(BACKENDS))] * 2
