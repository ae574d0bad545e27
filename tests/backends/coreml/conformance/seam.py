"""Puts the reference runner where coremltools expects Apple's runtime.

coremltools reaches the runtime through one class, `coremltools.models.model._MLModelProxy`; everything else around
`predict` is Python and stays as it is. Off macOS its test helpers return before they compare anything, so this module
also makes coremltools believe that it is on a Mac.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from deploykit.backends.coreml.reference import Mode, ReferenceRunner
from deploykit.backends.coreml.reference.ops import OPS
from deploykit.errors import ArtifactError, UnsupportedOpsError

# The first release with iOS 18's opset in which the bugs are fixed that the tests know of.
_MACOS = (15, 5)
# CoreML specification 10, of iOS 26: nothing that coremltools 9 writes is newer.
_SPECIFICATION = 10
_ASSERTIONS = ("assert_allclose", "assert_almost_equal", "assert_array_almost_equal", "assert_array_equal")
_ASSERTIONS += ("assert_array_less", "assert_equal")
_QUESTIONS = ("allclose", "array_equal")


@dataclass
class Counts:
    """What the running case has done."""

    predictions: int = 0
    refusals: int = 0
    comparisons: int = 0

    def reset(self) -> None:
        self.predictions = self.refusals = self.comparisons = 0


class State:
    """What coremltools' MLState holds."""

    def __init__(self, values: Any) -> None:
        self.values = values

    def read_state(self, name: str) -> Any:
        return self.values[name]

    def write_state(self, name: str, value: Any) -> None:
        self.values[name] = value


def install(mode: Mode, broken: str | None, tolerance: float) -> Counts:
    """Replaces the runtime; call it before any test module is imported.

    Args:
        mode: the precision of the runner.
        broken: an op to falsify, to see that the suite can fail.
        tolerance: the least absolute and relative tolerance of `assert_allclose`; 0 for what the tests ask.
    """
    import coremltools  # noqa: F401 - all of it must be loaded before it is patched
    import coremltools.models.model as models
    from coremltools.converters.mil import testing_utils  # noqa: F401 - this, too

    counts = Counts()
    if broken is not None:
        OPS[broken] = _wrong(OPS[broken])
    models._MLModelProxy = _proxy_class(mode, counts)
    _pretend_mac()
    if tolerance:
        np.testing.assert_allclose = _tolerant(tolerance)
    _count_comparisons(counts)
    return counts


def _pretend_mac() -> None:
    """Changes the answers of coremltools in every module that has imported them, and the processor's name.

    On x86_64 coremltools leaves out its torch.export front end. `sys.platform` stays: the standard library uses it.
    """
    answers = {"_IS_MACOS": True, "_is_macos": lambda: True, "_macos_version": lambda: _MACOS}
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] == "coremltools":
            for attribute, answer in answers.items():
                if hasattr(module, attribute):
                    setattr(module, attribute, answer)
    platform.machine = lambda: "arm64"


def _count_comparisons(counts: Counts) -> None:
    def counted(compare: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            counts.comparisons += counts.predictions > 0
            return compare(*args, **kwargs)

        return wrapper

    for module, names in ((np.testing, _ASSERTIONS), (np, _QUESTIONS)):
        for name in names:
            setattr(module, name, counted(getattr(module, name)))


def _tolerant(least: float) -> Callable[..., None]:
    strict = np.testing.assert_allclose

    def assert_allclose(actual: Any, desired: Any, rtol: float = 1e-7, atol: float = 0, **kwargs: Any) -> None:
        strict(actual, desired, max(rtol, least), max(atol, least), **kwargs)

    return assert_allclose


def _wrong(function: Callable[..., Any]) -> Callable[..., Any]:
    def falsify(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(falsify(item) for item in value)
        return ~value if value.dtype is torch.bool else value + 1

    return lambda *args, **kwargs: falsify(function(*args, **kwargs))


def _proxy_class(mode: Mode, counts: Counts) -> type:
    class Proxy:
        """Has the methods of `_MLModelProxy` that `coremltools.models.MLModel` calls."""

        def __init__(self, path: str, compute_units: str, function: str, hints: dict[str, str], asset: object) -> None:
            self._path = Path(path)
            self._function = function

        @staticmethod
        def maximum_supported_specification_version() -> int:
            return _SPECIFICATION

        @cached_property
        def _runner(self) -> ReferenceRunner:
            # Made at the first prediction: many tests convert and never predict.
            if self._path.suffix != ".mlpackage":
                raise TypeError(f"{self._path.suffix} is no ML Program")
            chosen = {"function": self._function} if self._function else {}
            return ReferenceRunner(self._path, mode=mode, **chosen)

        def newState(self) -> State:
            return State(self._runner.make_state())

        def predict(self, data: dict[str, Any], state: State | None = None) -> dict[str, Any]:
            runner = self._runner
            declared = {item.name: item for item in runner.inputs}
            inputs = {name: _fed(value, declared.get(name)) for name, value in data.items()}
            try:
                outputs = runner.run(inputs, state=None if state is None else state.values)
            except UnsupportedOpsError:
                raise
            except ArtifactError as error:
                # The class and the beginning of what Apple's runtime raises; some tests expect it.
                counts.refusals += 1
                raise RuntimeError(f"Unable to compute the prediction using ML Program: {error}") from error
            counts.predictions += 1
            return {name: _given(value) for name, value in outputs.items()}

        def batchPredict(self, data: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [self.predict(item) for item in data]

    return Proxy


def _fed(value: Any, declared: Any) -> Any:
    """Core ML converts numbers to the declared type; the runner wants the declared one."""
    if declared is None or not isinstance(value, (np.ndarray, np.generic, int, float, list)):
        return value
    array = np.asarray(value).astype(declared.dtype.array)
    return array.reshape(()) if declared.shape == () else array


def _given(value: Any) -> Any:
    """Core ML has no arrays of rank 0."""
    return value.reshape(1) if isinstance(value, np.ndarray) and value.ndim == 0 else value
