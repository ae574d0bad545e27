"""Tensors of high rank as tensors of low rank: the same numbers, and no op on more than 5 or 4 dimensions."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from deploykit.prepare.rewrites import tall
from deploykit.prepare.rewriting import rewrite


def random(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@settings(deadline=None)
@given(
    st.integers(5, 8).flatmap(
        lambda n: st.tuples(st.permutations(range(n)), st.lists(st.integers(1, 3), min_size=n, max_size=n))
    ),
    st.sampled_from([4, 5]),
)
def test_permutations(drawn: tuple[list[int], list[int]], rank: int) -> None:
    order, sizes = drawn
    x = torch.arange(prod(sizes)).reshape(sizes)
    with tall.at_most(rank):
        moved = tall.permuted(tall.Tall(x.reshape(-1), tuple(sizes)), order)
    assert moved.shape == tuple(sizes[d] for d in order)
    assert torch.equal(moved.low.reshape(moved.shape), x.permute(order))


class Fn(nn.Module):
    def __init__(self, function: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(x)


ROWS, TABLE, OTHER = random(12, 5), random(5, 12), random(5)
SCALES = [random(4, 1, 4, 1), random(4, 2, 1, 12), random(2, 1, 4, 1, 4, 1), random(1, 2, 1, 2, 1, 12), random(12)]


def six(x: torch.Tensor) -> torch.Tensor:
    """[2, 8, 8, 12] → windows of 4 × 4, heads of 3, still in place: rank 6."""
    return x.view(2, 2, 4, 2, 4, 12)


def attention(x: torch.Tensor) -> torch.Tensor:
    heads = six(x).unflatten(-1, (3, 2, 2)).permute(6, 0, 1, 3, 7, 2, 4, 5).reshape(2, 2, 2, 2, 2, 16, 3)
    query, key = heads.unbind(0)
    return F.scaled_dot_product_attention(query, key, key).flatten(1)


OPS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "window": lambda x: six(x).permute(0, 1, 3, 2, 4, 5).reshape(-1, 16, 12),
    "transposes": lambda x: six(x).transpose(2, 3).movedim(1, -1).swapaxes(0, 3).mT.reshape(4, -1),
    "sum of windows": lambda x: (six(x) + six(x).amax((2, 4), keepdim=True)).flatten(1),
    "broadcast": lambda x: (six(x) * SCALES[0] + SCALES[1]).relu().flatten(1),
    "broadcast of every other dimension": lambda x: (six(x) * SCALES[2] + SCALES[3]).flatten(1),
    "reductions": lambda x: (
        six(x).mean((2, 4)) + six(x).sum(-1).amax(4)[..., None].mean((2, 4), keepdim=True)[:, :, 0, :, 0, None]
    ),
    "reduction of every other dimension": lambda x: six(x).var((1, 3, 5), correction=1),
    "reduction of all": lambda x: six(x).mean().expand(1, 3),
    "softmax": lambda x: six(x).softmax(2).log_softmax(-1).flatten(1),
    "picks": lambda x: (
        six(x).select(3, 1) + six(x)[:, :, :, 0] + six(x).narrow(1, 0, 1)[:, 0, :, None, 0, :, :2].mean()
    ).flatten(1),
    "parts": lambda x: torch.cat([p.relu() for p in six(x).chunk(2, -1)], 1).flatten(1),
    "split": lambda x: torch.stack([p * 2 for p in six(x).split([1, 3], 4)[1].unbind(1)], 3).flatten(1),
    "index": lambda x: six(x)[:, :, torch.tensor([2, 0, 3, -1])].flatten(1),
    "rolled": lambda x: six(x).roll((1, 2), (1, 2)).flip((3, 5)).flatten(1),
    "expand": lambda x: x[:, :, None, :, None, :, None].expand(2, 8, 2, 8, 2, 12, 3).reshape(2, 16, 16, 36),
    "repeat": lambda x: six(x).repeat(1, 2, 1, 1, 3, 1).flatten(1),
    "matmul": lambda x: (six(x) @ ROWS).flatten(1),
    "batched matmul": lambda x: (six(x) @ six(x).mT).flatten(1),
    "linear": lambda x: F.linear(six(x), TABLE, OTHER).flatten(1),
    "layer norm": lambda x: F.layer_norm(six(x), (12,), SCALES[4]).flatten(1),
    "attention": attention,
    "einsum": lambda x: torch.einsum("bxhywc,dc->bxyhwd", six(x), TABLE).flatten(1),
    "einsum of two": lambda x: torch.einsum("bxhywc,bxkywc->bhkxyw", six(x), six(x)).flatten(1),
    "windows": lambda x: x.unfold(1, 4, 2).unfold(2, 3, 3).permute(0, 1, 2, 4, 5, 3).flatten(3),
    "squeezed": lambda x: six(x)[:, :, None].squeeze(2).unsqueeze(0).flatten(2),
    "cumsum": lambda x: six(x).cumsum(3).flatten(1),
    "comparison": lambda x: torch.where(six(x) > 0, six(x), 0.5).masked_fill(six(x) < -1, 2.0).flatten(1),
    "written to": lambda x: six(x).clone().mul_(2).add_(1).flatten(1),
}


def ranks(program: torch.export.ExportedProgram) -> int:
    values = [n.meta["val"] for n in program.graph.nodes if isinstance(n.meta.get("val"), torch.Tensor)]
    return max(value.dim() for value in values)


@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize("most", [4, 5])
def test_ops(name: str, most: int) -> None:
    x = random(2, 8, 8, 12)
    program = torch.export.export(Fn(OPS[name]), (x,), strict=False)
    result, used = rewrite(program, [f"rank at most {most}"])
    assert used == (f"rank at most {most}",)
    assert ranks(result.run_decompositions({})) <= most
    for tried in (x, x.flip(0) * 2):
        torch.testing.assert_close(result.module()(tried), OPS[name](tried), rtol=1e-12, atol=1e-12)


class Table(nn.Module):
    """A parameter of high rank."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(random(1, 2, 4, 2, 4, 12))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (six(x) + self.table).flatten(1)


@pytest.mark.parametrize("most", [4, 5])
def test_a_parameter_of_high_rank(most: int) -> None:
    x = random(2, 8, 8, 12)
    result, _ = rewrite(torch.export.export(Table(), (x,), strict=False), [f"rank at most {most}"])
    assert ranks(result) <= most
    torch.testing.assert_close(result.module()(x), Table()(x))


def test_low_ranks_are_left_alone() -> None:
    program = torch.export.export(Fn(lambda x: x.permute(0, 2, 3, 1).relu()), (random(2, 3, 4, 5),), strict=False)
    assert rewrite(program, ["rank at most 5"]) == (program, ())


def test_what_other_rewrites_make_is_lowered_too() -> None:
    """One key and value for four heads is a broadcast at rank 5, written out by a rewrite of its own."""
    x = random(1, 2, 6, 8)
    program = torch.export.export(
        Fn(lambda x: x[:, :, None].expand(1, 2, 4, 6, 8).reshape(1, 8, 6, 8)), (x,), strict=False
    )
    result, used = rewrite(program, ["rank at most 4", "broadcasts as copies"])
    assert used == ("rank at most 4", "broadcasts as copies")
    called = {str(node.target) for node in result.graph.nodes if node.op == "call_function"}
    assert "aten.cat.default" in called
    assert not {name for name in called if "expand" in name}
    assert ranks(result) <= 4
    torch.testing.assert_close(result.module()(x), x.repeat_interleave(4, 1))


def test_at_the_border_ranks_are_the_models_own() -> None:
    x = random(2, 3, 2, 4, 5)
    program = torch.export.export(Fn(lambda x: (x * 2).transpose(1, 3).relu().contiguous()), (x,), strict=False)
    result, used = rewrite(program, ["rank at most 4"])
    assert used == ("rank at most 4",)
    torch.testing.assert_close(result.module()(x), (x * 2).transpose(1, 3).relu())


def test_volumes_stay_volumes() -> None:
    """Between ops that need five dimensions, four are of no use."""
    net = nn.Sequential(nn.Conv3d(2, 3, 3), nn.ReLU(), nn.Conv3d(3, 2, 1)).double()
    program = torch.export.export(net, (random(1, 2, 4, 4, 4),), strict=False)
    assert rewrite(program, ["rank at most 4"]) == (program, ())
