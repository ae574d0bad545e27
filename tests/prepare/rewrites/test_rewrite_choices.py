"""Choices along an axis as LiteRT's GATHER, against eager PyTorch."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from deploykit.prepare.rewrites.choices import index, index_select
from deploykit.prepare.rewriting import rewrite

SIZES = st.lists(st.integers(1, 4), min_size=1, max_size=4)
NAME = "choices along an axis as gathers"


def counted(*shape: int) -> torch.Tensor:
    return torch.arange(torch.Size(shape).numel()).reshape(shape)


@settings(deadline=None)
@given(SIZES, st.data())
def test_one_axis_is_chosen_from(shape: list[int], data: st.DataObject) -> None:
    x, axis = counted(*shape), data.draw(st.integers(-len(shape), len(shape) - 1))
    places = st.lists(st.integers(0, shape[axis] - 1), min_size=1, max_size=5)
    chosen = torch.tensor(data.draw(places))
    assert torch.equal(index_select(x, axis, chosen), x.index_select(axis, chosen))


@settings(deadline=None)
@given(SIZES, st.lists(st.integers(1, 3), max_size=2), st.data())
def test_neighbouring_axes_are_chosen_from(shape: list[int], wanted: list[int], data: st.DataObject) -> None:
    x = counted(*shape)
    first = data.draw(st.integers(0, len(shape) - 1))
    last = data.draw(st.integers(first, len(shape) - 1))
    indices: list[torch.Tensor | None] = [None] * first
    for axis in range(first, last + 1):  # places from the end are allowed, and an index may be broadcast
        own = data.draw(st.sampled_from([wanted, wanted[1:], [1] * len(wanted)]))
        n = torch.Size(own).numel()
        places = data.draw(st.lists(st.integers(-shape[axis], shape[axis] - 1), min_size=n, max_size=n))
        indices.append(torch.tensor(places, dtype=torch.int64).reshape(own))
    assert torch.equal(index(x, indices), torch.ops.aten.index(x, indices))


def test_what_is_no_gather_stays() -> None:
    x, places = counted(3, 4, 5), torch.tensor([0, 2])
    assert index(x, [places, None, places]) is NotImplemented
    assert index(x, [torch.tensor([True, False, True])]) is NotImplemented
    assert index(x, []) is NotImplemented
    assert index_select(torch.tensor(1.0), 0, torch.tensor(0)) is NotImplemented


class Chooses(nn.Module):
    def forward(self, x: torch.Tensor, places: torch.Tensor) -> tuple[torch.Tensor, ...]:
        best = x.topk(2).indices
        return x[:, places], x.index_select(1, places), x[0, best[0]], torch.roll(x, 1)


def test_a_program_of_choices_has_gathers_only() -> None:
    program = torch.export.export(Chooses().eval(), (torch.randn(2, 6), torch.tensor([1, -2, 0]).abs()))
    made, used = rewrite(program, ["windows as picks", NAME])
    assert used == (NAME,)
    calls = [str(node.target) for node in made.graph.nodes if node.op == "call_function"]
    assert calls.count("tfl.gather.default") == 3
    assert not {"aten.index.Tensor", "aten.index_select.default"} & set(calls)


@pytest.mark.parametrize("signal", [torch.arange(12.0).reshape(1, 1, 3, 4)])
def test_what_another_rewrite_makes_is_chosen_by_gathers_too(signal: torch.Tensor) -> None:
    """`F.fold` of windows that overlap becomes picks, which are choices."""

    class Folds(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return nn.functional.unfold(x, (2, 2))

    program = torch.export.export(Folds(), (signal,))
    made, used = rewrite(program, ["windows as picks", NAME])
    calls = {str(node.target) for node in made.graph.nodes if node.op == "call_function"}
    assert used == ("windows as picks", NAME)
    assert "tfl.gather.default" in calls
