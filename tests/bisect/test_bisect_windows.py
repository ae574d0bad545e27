"""A few ops by themselves: their source gives what they gave in the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from deploykit.backends.base import Tensors
from deploykit.bisect.reference import Reference, refer
from deploykit.bisect.windows import Window, cut, windows


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3)
        self.register_buffer("table", torch.randn(10, 4))

    def forward(self, x: torch.Tensor, ids: torch.Tensor) -> dict[str, torch.Tensor]:
        left, right = self.conv(x).relu_().split([1, 3], 1)
        ramp = torch.arange(4) * 0.5
        x = torch.fft.ifft2(torch.fft.fft2(x)).real
        looked = nn.functional.embedding(ids.long(), self.table) + ramp
        return {"y": left * right.mean() + x.clamp(min=-float("inf"))[:, :1, 1:-1, 1:-1], "z": looked}


@pytest.fixture(scope="module")
def reference() -> Reference:
    torch.manual_seed(0)
    given = {"x": torch.randn(1, 2, 6, 6), "ids": torch.tensor([3, 1], dtype=torch.int32)}
    program = torch.export.export(Net().eval(), (), given, strict=False)
    tensors: Tensors = {name: value.numpy() for name, value in given.items()}
    moved = {
        name: value if value.dtype != np.float32 else value * np.float32(1 + 1e-7) for name, value in tensors.items()
    }
    return refer(program, tensors, moved, Path.cwd())


def named(reference: Reference, op: str) -> str:
    return next(name for name, node in reference.nodes.items() if op in node.op)


def check(window: Window, reference: Reference) -> None:
    with torch.no_grad():
        made = window.module()(*(torch.from_numpy(value) for value in window.inputs.values()))
    for name, value in zip(window.outputs, made if isinstance(made, tuple) else (made,), strict=True):
        assert np.array_equal(value.numpy(), reference.values[name])


def test_every_node_alone_and_with_its_makers(reference: Reference) -> None:
    suspects = [name for name, node in reference.nodes.items() if not node.constant]
    found = list(windows(reference, suspects, len(suspects)))
    assert {window.suspect for window in found} == set(suspects)
    assert max(len(window.statements) for window in found) > 3
    for window in found:
        check(window, reference)


def test_places_floors_and_constants(reference: Reference) -> None:
    nodes = reference.nodes
    assert [name for name, node in nodes.items() if node.constant] == ["arange", "mul"]
    conv = nodes[named(reference, "conv2d")]
    assert conv.place.startswith("tests/bisect/test_bisect_windows.py:")
    assert "in conv (Conv2d)" in conv.place
    assert conv.floor_db is not None
    assert 110 < conv.floor_db < 200
    assert conv.required_db == min(100.0, conv.floor_db - 15)


def test_in_place_ops_do_not_spoil_what_came_before(reference: Reference) -> None:
    conv = named(reference, "conv2d")
    assert (reference.values[conv] < 0).any()


def test_integers_travel_as_int32_and_constants_inside(reference: Reference) -> None:
    window = cut(reference, "embedding", {"embedding"})
    assert {name: value.dtype for name, value in window.inputs.items()} == {"_to_copy": np.dtype(np.int32)}
    assert [value.shape for value in window.weights.values()] == [(10, 4)]
    check(window, reference)


def test_a_statement_left_out_becomes_an_input(reference: Reference) -> None:
    relu, conv = named(reference, "relu"), named(reference, "conv2d")
    window = cut(reference, relu, {relu, conv})
    smaller = window.without(conv)
    assert smaller is not None
    assert smaller.names == (relu,)
    assert list(smaller.inputs) == [conv]
    assert smaller.weights == {}
    check(smaller, reference)
    assert smaller.without(relu) is None


def test_complex_numbers_come_along(reference: Reference) -> None:
    assert not any("fft" in node.op and "real" not in node.op for node in reference.nodes.values())
    real = next(
        name for name, node in reference.nodes.items() if node.op.startswith(("aten.real", "aten.view_as_real"))
    )
    assert reference.nodes[real].inputs == ("x",)
    window = cut(reference, real, {real})
    assert [statement.op for statement in window.statements][:2] == ["aten.fft_fft2.default", "aten.fft_ifft2.default"]
    check(window, reference)
