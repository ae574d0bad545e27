"""Which ops a converter lacks, and at which line: told by what it has registered, and right about what it does."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
import torch
from torch import nn

from deploykit.backends import BACKENDS
from deploykit.manifest import UnknownOp
from deploykit.work.knowledge import ask_converters

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
    assert [op.place.split(" ")[0] for op in found] == ["test_knowledge.py:21", "test_knowledge.py:22"]
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
    known = ask_converters(tmp_path / "program.pt2", Path(__file__).parent)
    assert [(type(op), op.op, op.backends) for op in known.lacking] == [(UnknownOp, BESSEL, tuple(BACKENDS))] * 2
    assert known.silent == {}


def test_a_converter_that_cannot_be_asked_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Mute(type(BACKENDS["litert"])):  # type: ignore[misc]  # the registry's own class, whichever it is
        def unknown(self, program: torch.export.ExportedProgram, root: Path) -> tuple[UnknownOp, ...]:
            raise RuntimeError("decomposition of frobnicate\nand more")

    entry = BACKENDS["litert"]
    monkeypatch.setitem(BACKENDS, "litert", Mute(**{f.name: getattr(entry, f.name) for f in fields(entry)}))
    torch.export.save(exported(Net()), tmp_path / "program.pt2")
    known = ask_converters(tmp_path / "program.pt2", Path(__file__).parent)
    assert known.silent == {"litert": "RuntimeError: decomposition of frobnicate"}
    assert {name for op in known.lacking for name in op.backends} == set(BACKENDS) - {"litert"}
