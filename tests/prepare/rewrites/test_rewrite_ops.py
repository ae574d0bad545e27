"""Rewrites of single ops, against eager PyTorch at float64."""

from __future__ import annotations

from collections.abc import Callable
from pkgutil import resolve_name
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deploykit.prepare.rewrites import (
    REWRITES,
    arithmetic,
    attention,
    integers,
    moving,
    norms,
    picking,
    pooling,
    products,
    reductions,
    resize,
    scattering,
    windows,
)
from deploykit.prepare.rewrites.arithmetic import ARITHMETIC, REAL, SCALED


def random(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def same(a: Any, b: Any) -> None:
    torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize("name", REWRITES)
def test_the_table_names_what_the_modules_have(name: str) -> None:
    row = REWRITES[name]
    found = resolve_name(row.where)
    if isinstance(found, dict):
        assert row.ops == tuple(found)
    assert bool(row.ops) == (row.kind in ("op", "last"))
    for op in row.ops:
        namespace, packet, overload = op.split(".")
        assert hasattr(getattr(getattr(torch.ops, namespace), packet), overload), op


SIZES = st.integers(1, 9)
FACTORS = st.floats(0.4, 3.0)


@settings(deadline=None)
@given(SIZES, SIZES, st.integers(1, 12), st.integers(1, 12), st.booleans())
def test_resizes_to_sizes(h: int, w: int, new_h: int, new_w: int, align: bool) -> None:
    x, size = random(2, 3, h, w), (new_h, new_w)
    same(resize.bicubic(x, size, align, None), F.interpolate(x, size, mode="bicubic", align_corners=align))
    same(resize.bicubic(x, size, align, None, None), F.interpolate(x, size, mode="bicubic", align_corners=align))
    for mode, function in (("bicubic", resize.bicubic_antialiased), ("bilinear", resize.bilinear_antialiased)):
        made = function(x, size, align, None)
        if min(h, w, *size) == 1:
            assert made is NotImplemented
        else:
            same(made, F.interpolate(x, size, mode=mode, align_corners=align, antialias=True))
    assert resize.linear(x, size, align, None) is NotImplemented
    x = random(1, 2, h, w, 4)
    same(
        resize.trilinear(x, (new_h, new_w, 3), align, None),
        F.interpolate(x, (new_h, new_w, 3), mode="trilinear", align_corners=align),
    )
    same(resize.adaptive_average(x, (new_h, new_w, 3)), F.adaptive_avg_pool3d(x, (new_h, new_w, 3)))


@settings(deadline=None)
@given(st.integers(2, 9), st.integers(2, 9), FACTORS, FACTORS)
def test_resizes_by_factors(h: int, w: int, down: float, across: float) -> None:
    assume(h * down >= 1 and w * across >= 1)
    x, factors = random(1, 2, h, w), [down, across]
    for mode, function in (("bicubic", resize.bicubic), ("bilinear", resize.linear)):
        made = function(x, None, False, factors)
        expected = F.interpolate(x, scale_factor=factors, mode=mode)
        if made is NotImplemented:
            assert mode == "bilinear"
        else:
            same(made, expected)
    expected = F.interpolate(x[0], scale_factor=across, mode="linear")
    made = resize.linear(x[0], None, False, [across])
    same(expected if made is NotImplemented else made, expected)
    x = random(1, 2, h, w, 3)
    expected = F.interpolate(x, scale_factor=[down, across, 2.0], mode="trilinear")
    same(resize.trilinear(x, None, False, [down, across, 2.0]), expected)


WINDOW = st.tuples(*[st.integers(1, 3)] * 4, st.integers(0, 2), st.integers(1, 3), st.integers(0, 4))


@settings(deadline=None)
@given(WINDOW)
def test_windows(drawn: tuple[int, ...]) -> None:
    kh, kw, dilation, channels, padding, stride, extra = drawn
    h, w = dilation * (kh - 1) + 1 + extra, dilation * (kw - 1) + 2 + extra
    x = random(2, channels, h, w)
    options = ((kh, kw), (dilation, 1), (padding, 1), (stride, 2))
    columns = F.unfold(x, *options)
    same(windows.im2col(x, *options), columns)
    same(windows.im2col(x[0], *options), columns[0])
    same(windows.col2im(columns, (h, w), *options), F.fold(columns, (h, w), *options))
    same(windows.unfold(x, 2, kh, stride), x.unfold(2, kh, stride))
    same(windows.unfold(x, -1, kw, stride), x.unfold(-1, kw, stride))


X, Y = random(3, 4, 5), random(3, 4, 5).flip(0) * 3
WHOLE = st.integers(-(2**30), 2**30)
PLACES = torch.randint(0, 3, (3, 4, 5), generator=torch.Generator().manual_seed(1))
NAN = torch.where(X > 1, float("nan"), X)

CASES: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = {
    "trunc": (arithmetic.trunc, torch.trunc, (Y,), {}),
    "fmod": (arithmetic.fmod, torch.fmod, (Y, X), {}),
    "fmod by a number": (arithmetic.fmod, torch.fmod, (Y, -0.7), {}),
    "fmax": (arithmetic.fmax, torch.fmax, (NAN, Y), {}),
    "fmin": (arithmetic.fmin, torch.fmin, (Y, NAN), {}),
    "erfc": (arithmetic.erfc, torch.erfc, (X,), {}),
    "hypot": (arithmetic.hypot, torch.hypot, (X, Y), {}),
    "or": (ARITHMETIC["aten.bitwise_or.Tensor"], torch.bitwise_or, (X > 0, Y > 0), {}),
    "and": (ARITHMETIC["aten.__and__.Tensor"], torch.bitwise_and, (X > 0, Y > 0), {}),
    "xor": (ARITHMETIC["aten.bitwise_xor.Tensor"], torch.bitwise_xor, (X > 0, Y > 0), {}),
    "where of types": (arithmetic.where, torch.where, (X > 0, X, (Y * 3).int()), {}),
    "where of a number": (arithmetic.where, torch.where, (X > 0, 1, Y), {}),
    "where of numbers": (arithmetic.where, torch.where, (X > 0, 1.0, 2.0), {}),
    "where of nothing but numbers": (arithmetic.where, torch.where, (X[0, 0, 0] > 0, 1.0, 2.0), {}),
    "lerp": (arithmetic.lerp, torch.lerp, (X, Y, 0.3), {}),
    "lerp by a tensor": (arithmetic.lerp, torch.lerp, (X, Y, X.sigmoid()), {}),
    "log_sigmoid": (arithmetic.log_sigmoid, F.logsigmoid, (Y * 50,), {}),
    "softplus": (arithmetic.softplus, F.softplus, (Y, 2.0, 1.0), {}),
    "cdist": (arithmetic.cdist, torch.cdist, (X, Y[:, :2]), {}),
    "cdist of 1": (arithmetic.cdist, torch.cdist, (X, Y, 1.0), {}),
    "bilinear": (arithmetic.bilinear, F.bilinear, (X, Y[..., :3], random(2, 5, 3), random(2)), {}),
    "bucketize": (arithmetic.bucketize, torch.bucketize, (X.round(), torch.arange(-2.0, 3).double()), {}),
    "bucketize right": (
        arithmetic.bucketize,
        torch.bucketize,
        (X.round(), torch.arange(-2.0, 3).double()),
        {"right": True},
    ),
    "searchsorted": (
        arithmetic.searchsorted,
        torch.searchsorted,
        (torch.arange(-2.0, 3).double(), X.round()),
        {"side": "right", "out_int32": True},
    ),
    "var": (reductions.var, torch.var, (X,), {}),
    "var of a dimension": (reductions.var, torch.var, (X, 1, False), {}),
    "std": (reductions.std, torch.std, (X, [0, 2], True, True), {}),
    "var without a correction": (reductions.var_correction, torch.ops.aten.var.correction, (X,), {}),
    "var with one": (reductions.var_correction, torch.var, (X, [1]), {"correction": 2}),
    "std with one": (reductions.std_correction, torch.std, (X, [1]), {"correction": 0, "keepdim": True}),
    "var_mean": (reductions.var_mean, torch.var_mean, (X, [1], False, True), {}),
    "std_mean": (reductions.std_mean, torch.std_mean, (X, [1]), {}),
    "var_mean with a correction": (reductions.var_mean_correction, torch.var_mean, (X, [1]), {"correction": 0}),
    "std_mean with a correction": (reductions.std_mean_correction, torch.std_mean, (X, [1]), {"correction": 0}),
    "argmax": (reductions.argmax, torch.argmax, (X,), {}),
    "argmin": (reductions.argmin, torch.argmin, (X,), {"keepdim": True}),
    "kthvalue": (reductions.kthvalue, torch.kthvalue, (X, 2, 1), {}),
    "median": (reductions.median, torch.median, (X, 1, True), {}),
    "prod": (reductions.product, torch.prod, (X, 1), {}),
    "roll": (moving.roll, torch.roll, (X, (1, -7), (0, 2)), {}),
    "roll of all": (moving.roll, torch.roll, (X, [4]), {}),
    "zeros_like": (moving.zeros_like, torch.zeros_like, (X > 0,), {"dtype": torch.float32}),
    "ones_like": (moving.ones_like, torch.ones_like, (X,), {}),
    "full_like": (moving.full_like, torch.full_like, (X, float("-inf")), {}),
    "new_ones": (moving.new_ones, lambda x, size: x.new_ones(size), (X, [2, 3]), {}),
    "new_zeros": (moving.new_zeros, lambda x, size: x.new_zeros(size), (X, []), {}),
    "new_full": (moving.new_full, lambda x, size, v: x.new_full(size, v), (X, [2], 3), {}),
    "grouped attention": (
        attention.broadcast,
        F.scaled_dot_product_attention,
        (random(1, 4, 3, 5), random(1, 2, 6, 5), random(1, 2, 6, 5)),
        {"enable_gqa": True},
    ),
    "a sum with a factor": (SCALED["aten.add.Tensor"], torch.add, (X, Y), {"alpha": 0.3}),
    "a difference with a factor": (SCALED["aten.sub.Tensor"], torch.sub, (X, Y), {"alpha": 3}),
    "means scattered": (scattering.added, torch.scatter_reduce, (X, 1, PLACES, Y, "mean"), {}),
    "means scattered, without what was there": (
        scattering.added,
        torch.scatter_reduce,
        (X, 1, PLACES, Y, "mean"),
        {"include_self": False},
    ),
    "sums scattered": (scattering.added, torch.scatter_reduce, (X, 1, PLACES, Y, "sum"), {}),
    "sums scattered, without what was there": (
        scattering.added,
        torch.scatter_reduce,
        (X, 1, PLACES, Y, "sum"),
        {"include_self": False},
    ),
    "instance norm of kept statistics": (
        norms.settled_instance_norm,
        torch.instance_norm,
        (random(2, 3, 4, 5), random(3), random(3) + 1, random(3) + 2, random(3).abs() + 1, False, 0.1, 1e-3, False),
        {},
    ),
    "dot": (products.matmul, torch.dot, (X[0, 0], Y[0, 1]), {}),
    "matrix and vector": (products.matmul, torch.matmul, (X, Y[0, 1]), {}),
    "vector and matrices": (products.matmul, torch.matmul, (X[0, :, 1], Y), {}),
    "gather": (picking.gather, torch.gather, (X, 1, PLACES[:2, :, :3]), {}),
    "diagonal": (picking.diagonal, torch.diagonal, (X,), {}),
    "diagonal above": (picking.diagonal, torch.diagonal, (X, 2, 1, 2), {}),
    "diagonal below": (picking.diagonal, torch.diagonal, (X, -1, 2, 0), {}),
    "diagonal outside": (picking.diagonal, torch.diagonal, (X, 9), {}),
    "pixel_shuffle": (picking.pixel_shuffle, F.pixel_shuffle, (random(2, 3, 8, 2, 4), 2), {}),
    "pixel_unshuffle": (picking.pixel_unshuffle, F.pixel_unshuffle, (random(3, 4, 6), 2), {}),
    "asinh": (arithmetic.asinh, torch.asinh, (X * 100,), {}),
    "round to decimals": (arithmetic.round_to, torch.round, (X,), {"decimals": 2}),
    "round to hundreds": (arithmetic.round_to, torch.round, (X * 1000,), {"decimals": -2}),
    "prelu": (arithmetic.prelu, F.prelu, (X, Y[0, :, 0]), {}),
    "cumsum": (reductions.cumsum, torch.cumsum, (X, -2), {}),
    "group norm of volumes": (
        norms.group_norm_of_volumes,
        F.group_norm,
        (random(2, 6, 2, 3, 4), 3, random(6), random(6)),
        {},
    ),
    "flip": (moving.flip, torch.flip, (X, (0, 2)), {}),
    "logical xor": (arithmetic.logical_xor, torch.logical_xor, (X > 0, Y > 0), {}),
    "exp2": (arithmetic.exp2, torch.exp2, (X,), {}),
    "copysign": (arithmetic.copysign, torch.copysign, (X, Y), {}),
    "assignment by mask": (arithmetic.assigned, torch.index_put, (X, [X > 0], torch.tensor(7.0).double()), {}),
    "assignment to rows": (arithmetic.assigned, torch.index_put, (X, [X[..., 0] > 0], torch.ones(1).double()), {}),
    "dilated maximum": (pooling.dilated_max_pool2d, F.max_pool2d, (random(2, 3, 9, 8), [3, 2], [2], [1], [2]), {}),
}


@pytest.mark.parametrize("name", CASES)
def test_ops(name: str) -> None:
    rewritten, original, args, kwargs = CASES[name]
    made, expected = rewritten(*args, **kwargs), original(*args, **kwargs)
    if isinstance(expected, torch.Tensor):
        same(made, expected)
    else:
        for a, b in zip(made, expected, strict=True):
            same(a, b)


LEFT_ALONE: dict[str, Callable[[], Any]] = {
    "integers and": lambda: ARITHMETIC["aten.bitwise_and.Tensor"](torch.tensor(3), torch.tensor(5)),
    "where of one type": lambda: arithmetic.where(X > 0, X, Y),
    "a root of floats": lambda: REAL["aten.sqrt.default"](X.abs()),
    "argmax of a dimension": lambda: reductions.argmax(X, 1),
    "one axis flipped": lambda: moving.flip(X, (1,)),
    "assignment of rows": lambda: arithmetic.assigned(X, [X[..., 0] > 0], X[0]),
    "assignment by number": lambda: arithmetic.assigned(X, [torch.tensor([1])], X[0]),
    "floor_divide of floats": lambda: integers.divide(X, Y),
    "integers divided to the nearest to zero": lambda: integers.divide(PLACES, 2, rounding_mode="trunc"),
    "matrices": lambda: products.matmul(X, X.mT),
    "gather of one size": lambda: picking.gather(X, 1, PLACES),
    "pixel_shuffle of pictures": lambda: picking.pixel_shuffle(random(1, 4, 2, 2), 2),
    "prelu of pictures": lambda: arithmetic.prelu(random(1, 4, 2, 2), Y[0, :, 0]),
    "cumsum from the first axis": lambda: reductions.cumsum(X, 1),
    "group norm of planes": lambda: norms.group_norm_of_volumes(random(1, 4, 2, 2), 2),
    "a plain sum": lambda: SCALED["aten.add.Tensor"](X, Y),
    "maxima scattered": lambda: scattering.added(X, 1, PLACES, Y, "amax"),
    "an instance norm of its own": lambda: norms.settled_instance_norm(
        X, None, None, None, None, True, 0.1, 1e-5, False
    ),
    "an ordinary maximum": lambda: pooling.dilated_max_pool2d(random(1, 1, 4, 4), [2, 2], [2, 2]),
    "ordinary attention": lambda: attention.broadcast(X, X, X),
    "softplus": lambda: arithmetic.softplus(X),
    "distances of 3": lambda: arithmetic.cdist(X, Y, 3.0),
}


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_left_alone(name: str) -> None:
    assert LEFT_ALONE[name]() is NotImplemented


@settings(deadline=None)
@given(st.lists(WHOLE, min_size=1, max_size=20), WHOLE.filter(bool), st.sampled_from([torch.int32, torch.int64]))
def test_integers(values: list[int], divisor: int, dtype: torch.dtype) -> None:
    x = torch.tensor(values, dtype=dtype)
    y = torch.full_like(x, divisor)
    for by in (y, divisor):
        assert torch.equal(integers.divide(x, by), torch.floor_divide(x, by))
        assert torch.equal(integers.fmod(x, by), torch.fmod(x, by))
    assert torch.equal(integers.absolute(x), x.abs())
    assert torch.equal(integers.sign(x), x.sign())
    small = x % 31
    assert torch.equal(integers.square(small), small.square())
    assert torch.equal(integers.power(small, 3), small**3)


def test_an_assignment_in_place_changes_what_it_is_given() -> None:
    x = X.clone()
    made = arithmetic.assigned_in_place(x, [X > 0], torch.tensor(7.0).double())
    assert made is x
    assert torch.equal(x, torch.where(X > 0, 7.0, X))


def test_real_functions_of_integers() -> None:
    for name, function in REAL.items():
        op = getattr(torch.ops.aten, name.split(".")[1])
        x = torch.tensor([1, 2, 3])
        torch.testing.assert_close(function(x), op(x))


@settings(deadline=None)
@given(st.lists(st.integers(1, 5), min_size=2, max_size=4), st.data(), st.booleans())
def test_means_in_steps(sizes: list[int], data: st.DataObject, keepdim: bool) -> None:
    x = random(*sizes)
    dims = data.draw(st.lists(st.integers(-len(sizes), -1), min_size=2, max_size=len(sizes), unique=True))
    same(reductions.mean_in_steps(x, dims, keepdim), x.mean(dims, keepdim))
    assert reductions.mean_in_steps(x, dims[:1], keepdim) is NotImplemented
    four = random(2, 3, *sizes[:2])
    same(reductions.global_average_in_steps(four, [1, 1]), F.adaptive_avg_pool2d(four, 1))
    assert reductions.global_average_in_steps(four, [1, 2]) is NotImplemented


@settings(deadline=None)
@given(st.integers(1, 3), st.integers(1, 3), st.lists(st.integers(2, 5), min_size=1, max_size=3), st.booleans())
def test_norms_of_planes(groups: int, each: int, sizes: list[int], affine: bool) -> None:
    x = random(2, groups * each, *sizes)
    scale = (random(groups * each), random(groups * each) + 1) if affine else (None, None)
    for function in (norms.group_norm, norms.group_norm_by_arithmetic):
        same(function(x, groups, *scale, 1e-3), F.group_norm(x, groups, *scale, 1e-3))
    expected = F.instance_norm(x, None, None, *scale, True, 0.1, 1e-3)
    same(norms.instance_norm(x, *scale, None, None, True, 0.1, 1e-3, False), expected)
    assert norms.instance_norm(x, *scale, x[0, :, 0], x[0, :, 0], False, 0.1, 1e-3, False) is NotImplemented


def test_a_constant_plane_is_next_to_nothing_after_its_norm() -> None:
    plane = torch.full((1, 1, 37, 41), 0.3)
    assert norms.instance_norm(plane, None, None, None, None, True, 0.1, 1e-5, False).abs().max() < 1e-6
