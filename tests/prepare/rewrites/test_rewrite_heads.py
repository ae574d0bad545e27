"""Constants meet the product of several heads with the heads first; everything else stays as it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from deploykit.prepare.rewriting import rewrite

NAME = "heads along the first axis"

Function = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class Fn(nn.Module):
    def __init__(self, function: Function, *shape: int) -> None:
        super().__init__()
        self.function = function
        self.register_buffer("table", torch.randn(*shape, generator=torch.Generator().manual_seed(0)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(x, self.table)


def used(net: Fn, x: torch.Tensor) -> tuple[str, ...]:
    program, names = rewrite(torch.export.export(net.eval(), (x,), strict=False), [NAME])
    torch.testing.assert_close(program.module()(x), net(x))
    return names


def product(x: torch.Tensor) -> torch.Tensor:
    return x @ x.transpose(-2, -1) * 0.5


@pytest.mark.parametrize("table", [(3, 5, 5), (1, 3, 5, 5), (3, 1, 1), (1, 3, 1, 5), (1, 1, 5, 5), (5, 5)])
@pytest.mark.parametrize(
    "function",
    [
        lambda x, c: (product(x) + c).softmax(-1) @ x,
        lambda x, c: c * product(x),
        lambda x, c: product(x) + c.exp()[..., :1],
        lambda x, c: F.scaled_dot_product_attention(x, x, x, c.expand(1, 3, 5, 5)),
        lambda x, c: F.scaled_dot_product_attention(x, x, x * 2, c.expand(1, 3, 5, 5), scale=0.1),
    ],
)
def test_constants_of_heads(table: tuple[int, ...], function: Function) -> None:
    assert used(Fn(function, *table), torch.randn(1, 3, 5, 4)) == (NAME,)


@pytest.mark.parametrize(
    ("function", "table", "x"),
    [
        (lambda x, c: product(x) + c, (1, 1, 1, 1), (1, 3, 5, 4)),  # a single number
        (lambda x, c: product(x) + c, (1, 1, 5, 5), (1, 1, 5, 4)),  # a single head
        (lambda x, c: x @ c + c[0], (4, 4), (1, 3, 5, 4)),  # a dense layer
        (lambda x, c: product(x) + c, (3, 5, 5), (2, 3, 5, 4)),  # two pictures
        (lambda x, c: x + c, (3, 1, 1), (1, 3, 5, 4)),  # no product: a bias of channels
        (lambda x, c: product(x) + c, (3, 5, 5), (3, 5, 4)),  # of rank 3: see leading.py
        (
            lambda x, c: F.scaled_dot_product_attention(x, x[:, :1], x[:, :1], c, enable_gqa=True),
            (3, 5, 5),
            (1, 3, 5, 4),
        ),
    ],
)
def test_what_is_right_stays(function: Function, table: tuple[int, ...], x: tuple[int, ...]) -> None:
    assert used(Fn(function, *table), torch.randn(*x)) == ()
