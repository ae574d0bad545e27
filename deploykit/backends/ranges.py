"""Ranges of tensors over calibration inputs, for tools that take ranges but cannot be told how to find them."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnxruntime.quantization.calibrate import HistogramCollector

from deploykit.spec import RangeMethod

BINS = {"percentile": 2048, "entropy": 256}
"""Of a tensor's histogram. Entropy's search tries each of them as the end, which takes its time."""

KEPT_BINS = 128
"""Of these many the search by entropy makes the histogram that it compares."""

PERCENTILE = 99.99
"""Share of a tensor's values that keep their place; what lies outside is clipped. ONNX Runtime's calibration has 99.999
for whole data sets; from some dozens of pictures on this leaves out one value in ten thousand."""


class Ranges:
    """The range of every tensor that it is shown.

    Args:
        method: `min-max` takes the least and the greatest value; `percentile` leaves out the rarest; `entropy` takes
            what loses least information. The latter two by ONNX Runtime's histograms.
    """

    def __init__(self, method: RangeMethod) -> None:
        self._ends: dict[str, tuple[float, float]] = {}
        self._collector: Any = None
        if method != "min-max":
            self._collector = HistogramCollector(method, False, BINS[method], KEPT_BINS, PERCENTILE, "same")

    def see(self, name: str, value: NDArray[Any]) -> None:
        """Takes a tensor's finite values into account: an infinity is a mask. Integers have no range."""
        if value.dtype.kind != "f":
            return
        if not np.isfinite(value).all():
            value = value[np.isfinite(value)]
        if not value.size:
            return
        low, high = self._ends.get(name, (np.inf, -np.inf))
        self._ends[name] = (min(low, float(value.min())), max(high, float(value.max())))
        if self._collector is not None:
            with contextlib.redirect_stdout(io.StringIO()):  # it tells of every call
                self._collector.collect({name: value.astype(np.float32)})

    def found(self) -> dict[str, tuple[float, float]]:
        """Least and greatest value by tensor."""
        if self._collector is None or not self._ends:
            return dict(self._ends)
        with contextlib.redirect_stdout(io.StringIO()):
            ends = self._collector.compute_collection_result()
        return {name: (float(low), float(high)) for name, (low, high, *_) in ends.items()}
