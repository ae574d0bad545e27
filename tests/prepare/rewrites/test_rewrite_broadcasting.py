"""Broadcasts as copies and attention over broadcast heads: the same values, with no stride of 0."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from deploykit.prepare.rewrites import attention, broadcasting
from deploykit.prepare.rewriting import rewrite

DTYPES = st.sampled_from([torch.float32, torch.float64])


@st.composite
def broadcasts(draw: st.DrawFn) -> tuple[torch.Tensor, list[int]]:
    target = draw(st.lists(st.sampled_from([1, 2, 3, 12]), min_size=1, max_size=4))
    shape = [1 if draw(st.booleans()) else size for size in target][draw(st.integers(0, len(target))) :]
    return torch.arange(float(torch.Size(shape).numel())).reshape(shape), target


@settings(deadline=None)
@given(broadcasts())
def test_expand(case: tuple[torch.Tensor, list[int]]) -> None:
    x, sizes = case
    wanted, made = x.expand(sizes), broadcasting.expand(x, sizes)
    if made is NotImplemented:
        assert x.numel() == wanted.numel()
        return
    assert torch.equal(made, wanted)
    assert made.is_contiguous()
    assert torch.equal(broadcasting.expand_as(x, wanted), wanted)
    kept = [-1] * x.dim()
    assert broadcasting.expand(x, kept) is NotImplemented


@settings(deadline=None)
@given(broadcasts(), st.data())
def test_arithmetic_takes_the_value_from_before(case: tuple[torch.Tensor, list[int]], data: st.DataObject) -> None:
    x, sizes = case
    y = torch.randn([1 if data.draw(st.booleans()) else size for size in sizes])
    made = broadcasting.expand(x, sizes)
    if made is NotImplemented:
        return
    for op, function in ((torch.add, broadcasting.add), (torch.mul, broadcasting.mul)):
        for taken in (function(made, y), function(y, made)):
            if taken is not NotImplemented:
                assert torch.equal(taken, op(made, y))
    assert broadcasting.add(y, y) is NotImplemented
    assert torch.equal(broadcasting.add(made, torch.zeros(sizes), alpha=2), made)


@settings(deadline=None)
@given(st.lists(st.integers(1, 3), min_size=1, max_size=3), st.data())
def test_repeat(shape: list[int], data: st.DataObject) -> None:
    x = torch.randn(shape)
    times = data.draw(st.lists(st.sampled_from([1, 2, 9]), min_size=len(shape), max_size=4))
    made = broadcasting.repeat(x, times)
    if made is NotImplemented:
        assert max(times) == 1
    else:
        assert torch.equal(made, x.repeat(times))
        assert torch.equal(broadcasting.repeat(x, times), x.tile(times))


@pytest.mark.parametrize("times", [7, 8, 9, 20, 64, 196])
def test_many_repeats_are_a_few_concatenations(times: int) -> None:
    class Rows(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.repeat(1, times)

    x = torch.randn(2, 3)
    made, used = rewrite(torch.export.export(Rows(), (x,), strict=False), ["broadcasts as copies"])
    assert used == ("broadcasts as copies",)
    called = [str(node.target) for node in made.graph.nodes if node.op == "call_function"]
    assert set(called) <= {"aten.cat.default", "aten.reshape.default"}
    assert called.count("aten.cat.default") <= 5
    assert torch.equal(made.module()(x), x.repeat(1, times))


def test_repeat_interleave_of_one() -> None:
    x = torch.randn(2, 1, 3)
    assert torch.equal(broadcasting.repeat_interleave(x, 4, 1), x.repeat_interleave(4, 1))
    assert broadcasting.repeat_interleave(x, 4, 2) is NotImplemented


@settings(deadline=None)
@given(st.sampled_from([1, 3]), st.sampled_from([1, 3]), st.sampled_from([1, 2]), st.sampled_from([1, 2]), DTYPES)
def test_matmul(a: int, b: int, c: int, d: int, dtype: torch.dtype) -> None:
    x, y = torch.randn(a, c, 4, 5, dtype=dtype), torch.randn(b, d, 5, 6, dtype=dtype)
    made = broadcasting.matmul(x, y)
    if made is NotImplemented:
        assert (a, c) == (b, d)
    else:
        torch.testing.assert_close(made, x @ y)


@settings(deadline=None)
@given(st.sampled_from([1, 2, 4]), st.sampled_from([1, 2]), st.booleans(), st.booleans(), DTYPES)
def test_attention(heads: int, batch: int, is_causal: bool, grouped: bool, dtype: torch.dtype) -> None:
    enable_gqa = grouped or heads == 2
    query = torch.randn(2, 4, 5, 8, dtype=dtype)
    key, value = (torch.randn(2 if enable_gqa else batch, heads, 5, 8, dtype=dtype) for _ in range(2))
    options = {"is_causal": is_causal, "scale": 0.3, "enable_gqa": enable_gqa}
    made = attention.broadcast(query, key, value, **options)
    if made is NotImplemented:
        assert heads == 4
    else:
        torch.testing.assert_close(made, F.scaled_dot_product_attention(query, key, value, **options))


@settings(deadline=None)
@given(st.sampled_from([(3,), (2, 3), (2, 1, 3)]), st.sampled_from([None, (4, 5), (3, 4, 5), (2, 1, 3, 4, 5)]), DTYPES)
def test_attention_of_other_ranks(batch: tuple[int, ...], mask: tuple[int, ...] | None, dtype: torch.dtype) -> None:
    if mask is not None and len(mask) > len(batch) + 2:
        return
    query, key, value = (torch.randn(*batch, n, 8, dtype=dtype) for n in (4, 5, 5))
    added = None if mask is None else torch.randn(mask, dtype=dtype)
    made = attention.four_axes(query, key, value, added)
    if len(batch) == 2:
        assert made is NotImplemented
    else:
        torch.testing.assert_close(made, F.scaled_dot_product_attention(query, key, value, added))


@settings(deadline=None)
@given(st.sampled_from([1, 2]), st.booleans())
def test_attention_keeps_its_strides(batch: int, is_causal: bool) -> None:
    query = torch.randn(batch, 5, 4, 8).transpose(1, 2)
    wanted = F.scaled_dot_product_attention(query, query, query, is_causal=is_causal)
    made = attention.strides(query, query, query, is_causal=is_causal)
    assert torch.equal(made, wanted)
    assert torch.equal(made.transpose(1, 2).view(batch, 5, 32), wanted.transpose(1, 2).reshape(batch, 5, 32))
