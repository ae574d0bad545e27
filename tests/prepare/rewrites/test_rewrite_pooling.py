"""Pooling, transposed convolution and order by plainer ops, against PyTorch's own."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deploykit.prepare.rewrites import ordering, pooling, transposed

SMALL = st.integers(1, 4)
DTYPES = st.sampled_from([torch.float32, torch.float64])


def values(*shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(sum(shape)))


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), SMALL, SMALL, DTYPES)
def test_adaptive_max(h: int, w: int, new_h: int, new_w: int, dtype: torch.dtype) -> None:
    x = values(2, 3, h, w, dtype=dtype)
    made, places = pooling.adaptive_max_pool2d(x, [new_h, new_w])
    assert places is None
    assert torch.equal(made, F.adaptive_max_pool2d(x, (new_h, new_w)))
    assert torch.equal(pooling.adaptive_max_pool1d(x[0], [new_w])[0], F.adaptive_max_pool1d(x[0], new_w))


@settings(deadline=None, max_examples=200)
@given(st.integers(4, 12), SMALL, SMALL, st.integers(0, 2), st.booleans(), st.booleans(), DTYPES)
def test_windows(n: int, k: int, s: int, p: int, ceil: bool, count: bool, dtype: torch.dtype) -> None:
    assume(2 * p <= k)
    x = values(1, 2, n, n + 1, dtype=dtype)
    wanted = F.avg_pool2d(x, k, s, p, ceil, count)
    made = pooling.avg_pool2d(x, [k, k], [s, s], [p, p], ceil, count)
    plain = F.avg_pool2d(x, k, s, p, False, count)
    assert (made is NotImplemented) == (not ceil or plain.shape != wanted.shape)
    if made is not NotImplemented:
        assert torch.equal(made, wanted)
    largest = pooling.max_pool2d(x, [k], [s], [p], [1], ceil)
    if largest is not NotImplemented:
        assert torch.equal(largest, F.max_pool2d(x, k, s, p, ceil_mode=ceil))
    divided = pooling.divided(x, [k, k], [s, s], [p, p], ceil, count, 5)
    assert (divided is NotImplemented) == ceil
    if not ceil:
        torch.testing.assert_close(divided, F.avg_pool2d(x, k, s, p, ceil, count, 5))


@settings(deadline=None, max_examples=200)
@given(st.integers(4, 12), SMALL, SMALL, st.integers(0, 2), st.booleans(), st.booleans(), st.sampled_from([None, 5]))
def test_averages_over_padding(n: int, k: int, s: int, p: int, ceil: bool, count: bool, divisor: int | None) -> None:
    assume(2 * p <= k)
    x = values(2, 3, n, n + 1)
    of_planes = pooling.padded_avg_pool2d(x, [k, k], [s, s], [p, p], ceil, count, divisor)
    of_rows = pooling.padded_avg_pool1d(x[:, :, 0], [k], [s], [p], ceil, count)
    assert (of_planes is NotImplemented) == (of_rows is NotImplemented) == (ceil or not count or p == 0)
    if of_planes is not NotImplemented:
        torch.testing.assert_close(of_planes, F.avg_pool2d(x, k, s, p, ceil, count, divisor))
        torch.testing.assert_close(of_rows, F.avg_pool1d(x[:, :, 0], k, s, p, ceil, count))


@settings(deadline=None, max_examples=200)
@given(st.integers(4, 9), SMALL, SMALL, st.integers(0, 2), st.integers(1, 2), st.booleans(), DTYPES)
def test_maxima_and_where_they_are(n: int, k: int, s: int, p: int, d: int, ceil: bool, dtype: torch.dtype) -> None:
    assume(2 * p <= k and n + 2 * p >= d * (k - 1) + 1)
    x = values(2, 3, n + 3, n, dtype=dtype).mul(2).round()  # with equal values, of which the first one counts
    wanted, places = F.max_pool2d(x, k, s, p, d, ceil, return_indices=True)
    made, found = pooling.max_pool2d_with_indices(x, [k], [s], [p], [d], ceil)
    assert torch.equal(made, wanted)
    assert torch.equal(found, places)
    roomy = pooling.roomy_max_pool2d(x, [k, k], [s, s], [p, p], [d, d], ceil)
    assert roomy is NotImplemented if not ceil else torch.equal(roomy, wanted)
    dilated = pooling.dilated_max_pool2d(x, [k, k], [s, s], [p, p], [d, d], ceil)
    assert dilated is NotImplemented if d == 1 else torch.equal(dilated, wanted)


@settings(deadline=None)
@given(SMALL, SMALL, st.integers(0, 2), st.integers(0, 2), st.integers(1, 2), st.booleans(), DTYPES)
def test_transposed(k: int, s: int, p: int, extra: int, groups: int, bias: bool, dtype: torch.dtype) -> None:
    assume(extra < s)
    assume(4 * s + k - 2 * p > 0)
    x, weight = values(1, 4, 5, 5, dtype=dtype), values(4, 3, k, k, dtype=dtype)
    added = values(3 * groups, dtype=dtype) if bias else None
    made = transposed.convolution(x, weight, added, [s, s], [p, p], [extra, extra], groups)
    if made is NotImplemented:
        assert extra == 0 or extra > p
    else:
        torch.testing.assert_close(made, F.conv_transpose2d(x, weight, added, s, p, extra, groups))
    line = transposed.convolution(x[..., 0], weight[..., 0], added, [s], [p], [extra], groups)
    if line is not NotImplemented:
        torch.testing.assert_close(line, F.conv_transpose1d(x[..., 0], weight[..., 0], added, s, p, extra, groups))


@settings(deadline=None)
@given(
    SMALL, SMALL, st.integers(0, 2), st.integers(0, 2), st.sampled_from([1, 2, 4]), st.integers(1, 2), st.integers(1, 3)
)
def test_transposed_over_spread_pixels(k: int, s: int, p: int, extra: int, groups: int, d: int, axes: int) -> None:
    assume(extra < max(s, d) and p <= d * (k - 1))
    x, weight, bias = values(2, 4, *[5, 4, 3][:axes]), values(4, 3, *[k] * axes), values(3 * groups)
    assume(all((n - 1) * s - 2 * p + d * (k - 1) + extra + 1 > 0 for n in x.shape[2:]))
    made = transposed.over_spread_pixels(x, weight, bias, [s], [p], [extra], groups, [d])
    assert (made is NotImplemented) == (axes < 3 and groups == d == 1)
    if made is not NotImplemented:
        op = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[axes - 1]
        torch.testing.assert_close(made, op(x, weight, bias, s, p, extra, groups, d))


@settings(deadline=None)
@given(st.integers(-2, 1), st.booleans())
def test_sort(dim: int, descending: bool) -> None:
    x = torch.randperm(30).reshape(5, 6).float()
    wanted = x.sort(dim, descending)
    for made, value in zip(ordering.sort(x, dim, descending), wanted, strict=True):
        assert torch.equal(made, value)
    assert torch.equal(ordering.argsort(x, dim, descending), wanted.indices)


def test_one_hot() -> None:
    x = torch.tensor([[0, 2], [1, 3]])
    assert torch.equal(ordering.one_hot(x, 4), F.one_hot(x, 4))
    assert ordering.one_hot(x) is NotImplemented
