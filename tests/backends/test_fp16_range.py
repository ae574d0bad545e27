"""What fp16 cannot hold, seen over several inputs."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deploykit.backends.fp16_range import LOST, MOST, Fp16Range


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=50))
def test_it_agrees_with_numpys_own_half(values: list[float]) -> None:
    given_values = np.array(values, np.float32)
    held = Fp16Range()
    held.see("mul", "x", given_values)
    with np.errstate(over="ignore"):
        half = given_values.astype(np.float16)
    infinite = np.isinf(half)
    if infinite.any():  # between 65504 and 65520 numpy rounds down to the largest
        assert held.overflows()[0].largest == float(np.abs(given_values).max())
    if not held.overflows():
        assert not infinite.any()
    lost = (given_values != 0) & (half == 0)
    told = held.underflows()
    if told:
        assert told[0].lost is not None
        assert told[0].lost * np.count_nonzero(given_values) >= lost.sum() - 1e-3 * len(values)
    else:
        assert lost.sum() < max(1, LOST * np.count_nonzero(given_values)) or not lost.any()


def test_the_worst_of_all_inputs_counts_in_the_order_of_execution() -> None:
    held = Fp16Range()
    for scale in (1.0, 1e6, 10.0):
        held.see("matmul", "a", np.array([scale, -np.inf], np.float32))
        held.see("mul", "b", np.array([scale * 2], np.float32))
        held.see("cast", "c", np.array([10**9]))
    assert [(op.op, op.output, op.largest) for op in held.overflows()] == [("matmul", "a", 1e6), ("mul", "b", 2e6)]


def test_the_share_of_small_values_is_told_and_zeros_do_not_count() -> None:
    held = Fp16Range()
    held.see("softmax", "a", np.array([1.0, 1e-9, 0.0, 0.0], np.float32))
    held.see("softmax", "b", np.array([1e-9] * 3 + [1.0], np.float32))
    held.see("add", "c", np.array([1.0] * 1000 + [1e-9], np.float32))
    assert [(op.output, op.lost) for op in held.underflows()] == [("b", 0.75), ("a", 0.5)]
    for number in range(20):
        held.see("exp", str(number), np.array([1e-20], np.float32))
    assert len(held.underflows()) == MOST
