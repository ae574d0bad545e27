"""Where fp16 loses numbers: the op is found and named with its line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from deploykit.backends.base import ORIGINS, Inside, LowerRequest
from deploykit.backends.coreml.lower import from_export
from deploykit.backends.coreml.numerics import look_inside
from deploykit.manifest import Signature, TensorSpec

X = np.random.default_rng(0).standard_normal((1, 16, 8), dtype=np.float32)


class Attention(nn.Module):
    """Scores beyond fp16's range, which the softmax would have brought back into it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        keys = x * 200
        scores = keys @ keys.transpose(1, 2)  # up to about 800,000
        return (scores * 1e-6).softmax(-1) @ x


class Cancels(nn.Module):
    """A difference of large numbers: fp16 keeps a twelfth part of a bit of it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        large = x + 1000
        return torch.tanh((large - 1000) * 2)


class Hardswish(nn.Module):
    """coremltools makes two ops of it, of which one loses much near -3 and the other cancels that."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(*(nn.Sequential(nn.Linear(8, 8), nn.Hardswish()) for _ in range(4)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


class Masked(nn.Module):
    """An infinity on purpose, as attention masks are."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mask", torch.full((16, 16), float("-inf")).triu(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x @ x.transpose(1, 2) + self.mask).softmax(-1) @ x


@pytest.fixture
def look(tmp_path: Path) -> Callable[[nn.Module], Inside]:
    """Lowers a network to fp16 and looks inside."""

    def inside(network: nn.Module) -> Inside:
        given = {"x": torch.from_numpy(X)}
        program = torch.export.export(network.eval(), (), kwargs=given, strict=False)
        shape = tuple(network(**given).shape)
        signature = Signature(
            inputs=(TensorSpec(name="x", dtype="float32", shape=X.shape),),
            outputs=(TensorSpec(name="y", dtype="float32", shape=shape),),
        )
        options = {"min_os": "17.0"}
        request = LowerRequest("net", "1.0", None, "fp16", options, signature, tmp_path, Path(__file__).parent)
        path = from_export(program, request)
        return look_inside(path, [{"x": X}, {"x": X * 2}], json.loads((tmp_path / ORIGINS).read_text()))

    return inside


def test_an_overflow_is_named_with_its_magnitude_and_line(look: Callable[[nn.Module], Inside]) -> None:
    inside = look(Attention())
    keys = X.astype(np.float64) * 400
    expected = float(np.abs(keys @ keys.transpose(0, 2, 1)).max())
    first = inside.overflows[0]
    assert first.op == "matmul"
    assert first.largest == pytest.approx(expected, rel=1e-3)
    assert first.origin.startswith("test_coreml_numerics.py:")
    assert "`scores = keys @ keys.transpose(1, 2)" in first.origin


def test_the_op_that_costs_most_is_named_though_later_ones_inherit_the_loss(
    look: Callable[[nn.Module], Inside],
) -> None:
    inside = look(Cancels())
    assert inside.overflows == ()
    assert inside.costliest is not None
    assert inside.costliest.op == "sub" or inside.costliest.op == "add"
    assert "large" in inside.costliest.origin
    assert [record.op for record in inside.curve][-1] == "cast"
    assert inside.curve[-1].snr_db is not None
    assert inside.curve[-1].snr_db < 20


def test_a_loss_that_is_made_good_blames_nobody(look: Callable[[nn.Module], Inside]) -> None:
    inside = look(Hardswish())
    assert inside.costliest is None
    assert len(inside.curve) >= 12


def test_an_infinity_that_is_meant_is_no_overflow(look: Callable[[nn.Module], Inside]) -> None:
    assert look(Masked()).overflows == ()
