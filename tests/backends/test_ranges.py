from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from deploykit.backends.ranges import Ranges
from deploykit.spec import RangeMethod

values = arrays(np.float32, st.integers(1, 30), elements=st.floats(-1e4, 1e4, width=32))


@given(st.lists(values, min_size=1, max_size=4))
def test_min_max_is_of_all_that_was_seen(seen: list[np.ndarray]) -> None:
    ranges = Ranges("min-max")
    for value in seen:
        ranges.see("x", value)
    everything = np.concatenate(seen)
    assert ranges.found() == {"x": (float(everything.min()), float(everything.max()))}


@pytest.mark.parametrize("method", get_args(RangeMethod))
def test_a_range_lies_within_what_was_seen_and_masks_do_not_stretch_it(method: RangeMethod) -> None:
    ranges = Ranges(method)
    x = np.random.default_rng(0).normal(size=(4, 1000)).astype(np.float32)
    for row in x:
        ranges.see("x", np.append(row, [np.inf, -np.inf, np.nan]).astype(np.float32))
    ranges.see("masked", np.full(3, -np.inf, np.float32))
    ranges.see("indices", np.arange(3))
    found = ranges.found()
    assert set(found) == {"x"}
    low, high = found["x"]
    assert x.min() <= low < -2
    assert 2 < high <= x.max()


def test_percentile_leaves_out_the_rarest_values() -> None:
    ranges = Ranges("percentile")
    x = np.random.default_rng(0).normal(size=100_000).astype(np.float32)
    x[0] = 80.0
    ranges.see("x", x)
    low, high = ranges.found()["x"]
    assert low == pytest.approx(-3.9, abs=0.2)
    assert high == pytest.approx(3.9, abs=0.2)
