"""What needs no input is computed before: the same numbers, fewer ops; what is written to stays."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from deploykit.prepare.rewriting import rewrite


class Masked(nn.Module):
    """A causal mask of -inf, a square root of an integer, a position table."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.arange(25.0).reshape(5, 5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mask = torch.full((5, 5), float("-inf")).triu(1)
        bias = self.table[torch.arange(5).flip(0)] / torch.sqrt(torch.tensor(8))
        return (x + mask + bias).softmax(-1)


class WrittenByInput(nn.Module):
    """Constants that an input is written to."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.zeros(5, 5)
        y[:, 1:3] = x[:, :2]
        return y + torch.ones(5)


class WrittenByConstants(nn.Module):
    """A constant that is read before and after a constant is written to it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.zeros(5)
        before = x + y
        y[2] = 3.0
        return before * 2 + x * y


class Counting(nn.Module):
    """A random op, and one whose result is too large to keep."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + 0 * torch.rand(5) + torch.ones(2**11, 2**12).sum() / 2**23


@pytest.mark.parametrize(
    ("network", "gone"),
    [
        (Masked(), {"triu", "full", "sqrt", "index", "arange", "flip"}),
        (WrittenByInput(), {"ones"}),
        (WrittenByConstants(), {"fill_"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_folded(network: nn.Module, gone: set[str]) -> None:
    x = torch.randn(5, 5, generator=torch.Generator().manual_seed(0))
    program = torch.export.export(network, (x,), strict=False)
    result, used = rewrite(program, ["constants folded"])
    assert used == ("constants folded",)
    left = {n.target._schema.name.removeprefix("aten::") for n in result.graph.nodes if n.op == "call_function"}
    assert not left & gone
    for tried in (x, -2 * x):
        torch.testing.assert_close(result.module()(tried), network(tried))


def test_not_folded() -> None:
    program = torch.export.export(Counting(), (torch.randn(5, 5),), strict=False)
    result, _ = rewrite(program, ["constants folded"])
    left = {n.target._schema.name.removeprefix("aten::") for n in result.graph.nodes if n.op == "call_function"}
    assert {"rand", "ones"} <= left
    large = [b for b in (*result.state_dict.values(), *result.constants.values()) if b.numel() > 2**20]
    assert not large


def test_a_program_without_constants_is_left_alone() -> None:
    program = torch.export.export(nn.Linear(4, 4), (torch.randn(2, 4),), strict=False)
    assert rewrite(program, ["constants folded"]) == (program, ())
