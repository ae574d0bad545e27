"""Tensors of a file are known by their values, in whatever order they lie."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from deploykit.backends.base import Made
from deploykit.bisect.matching import Matcher
from deploykit.bisect.reference import Node

RANDOM = np.random.default_rng(3)
VALUE = RANDOM.standard_normal((1, 4, 3, 5)).astype(np.float32)


def matcher(**values: NDArray[Any]) -> Matcher:
    nodes = {n: Node(n, "op", (), "", False, 140.0 if v.dtype.kind == "f" else None) for n, v in values.items()}
    return Matcher(nodes, values)


def see(found: Matcher, value: NDArray[Any], name: str = "t") -> None:
    found.see(Made("OP", name, (), value.dtype.name, value))


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::3])
def test_any_order_of_the_axes_is_the_same_tensor(order: tuple[int, ...]) -> None:
    found = matcher(a=VALUE)
    see(found, np.ascontiguousarray(VALUE.transpose(order)))
    assert found.found["a"].tensor == "t"
    assert found.found["a"].snr_db == 300.0


def test_another_order_of_the_elements_is_not() -> None:
    found = matcher(a=VALUE)
    see(found, VALUE.reshape(-1)[::-1].reshape(VALUE.shape).copy())
    assert found.found["a"].tensor == ""


def test_noise_is_measured_and_what_is_near_is_told() -> None:
    found = matcher(a=VALUE)
    see(found, VALUE * np.float32(1 + 1e-6), "close")
    assert found.found["a"].snr_db == pytest.approx(120, abs=1)
    found = matcher(a=VALUE)
    see(found, VALUE * np.float32(1.1), "off")
    assert found.found["a"].tensor == ""
    near = found.near("a")
    assert near is not None
    assert near[1] == "off"
    assert near[0] == pytest.approx(20, abs=0.1)


def test_what_is_another_node_is_not_near() -> None:
    found = matcher(a=VALUE, b=VALUE * np.float32(1.1))
    see(found, VALUE * np.float32(1.1), "b in the file")
    assert found.found["b"].tensor == "b in the file"
    assert found.near("a") is None


def test_integers_have_to_be_equal_whatever_their_type() -> None:
    index = np.arange(12, dtype=np.int64)
    found = matcher(a=index, b=index + 1)
    see(found, index.astype(np.int32))
    assert (found.found["a"].tensor, found.found["b"].tensor) == ("t", "")


def test_infinities_have_to_be_in_the_same_places() -> None:
    masked = VALUE.copy()
    masked[0, 0] = -np.inf
    found = matcher(a=masked)
    see(found, masked.copy(), "same")
    assert found.found["a"].tensor == "same"
    found = matcher(a=masked)
    other = VALUE.copy()
    other[0, 1] = -np.inf
    see(found, other)
    assert found.found["a"].tensor == ""


def test_float16_is_counted() -> None:
    found = matcher(a=VALUE)
    see(found, VALUE.astype(np.float16))
    assert found.halves == 1
