"""Constants with more than one row meet their partner at rank 4; everything else stays as it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from deploykit.prepare.rewriting import rewrite

NAME = "rows of constants at rank 4"


class Fn(nn.Module):
    def __init__(self, function: Callable[[torch.Tensor, torch.Tensor], torch.Tensor], *shape: int) -> None:
        super().__init__()
        self.function = function
        self.register_buffer("table", torch.randn(*shape, generator=torch.Generator().manual_seed(0)).abs() + 0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(x, self.table)


def rewritten(net: Fn, x: torch.Tensor) -> tuple[torch.export.ExportedProgram, tuple[str, ...]]:
    return rewrite(torch.export.export(net, (x,), strict=False), [NAME])


@pytest.mark.parametrize(
    ("shape", "table"),
    [((8, 6), (8, 6)), ((8, 6), (8, 1)), ((3, 8, 6), (3, 8, 6)), ((3, 8, 6), (3, 1, 1)), ((3, 8, 6), (3, 1, 6))],
)
@pytest.mark.parametrize(
    "function",
    [
        lambda x, c: x * c,
        lambda x, c: c - x,
        lambda x, c: (x - c) / c + 1,
        lambda x, c: torch.maximum(x, c),
        lambda x, c: (x > c).float(),
        lambda x, c: x * c.exp(),
    ],
)
def test_rows_of_a_constant(
    shape: tuple[int, ...], table: tuple[int, ...], function: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
) -> None:
    net, x = Fn(function, *table), torch.randn(*shape)
    program, used = rewritten(net, x)
    assert used == (NAME,)
    torch.testing.assert_close(program.module()(x), net(x), rtol=0, atol=0)
    for node in program.graph.nodes:
        if str(node.target).split(".")[1:2] and str(node.target).split(".")[1] in (
            "mul",
            "sub",
            "div",
            "maximum",
            "gt",
        ):
            assert node.meta["val"].dim() == 4


@pytest.mark.parametrize(
    ("shape", "table"),
    [((8, 6), (6,)), ((8, 6), (1, 6)), ((3, 8, 6), (8, 1)), ((3, 8, 6), (1, 8, 6)), ((2, 3, 8, 6), (2, 3, 1, 1))],
)
def test_constants_of_one_row_are_left_alone(shape: tuple[int, ...], table: tuple[int, ...]) -> None:
    net = Fn(lambda x, c: x * c, *table)
    assert rewritten(net, torch.randn(*shape))[1] == ()


def test_two_inputs_are_left_alone() -> None:
    net = Fn(lambda x, c: x * x.flip(0), 8, 6)
    assert rewritten(net, torch.randn(8, 6))[1] == ()
