"""The draw that shows most, and models of which nothing can be said."""

from __future__ import annotations

import numpy as np
import pytest

from deploykit.bisect.judging import worst_of
from deploykit.errors import DeploykitError
from deploykit.spec import Contract
from deploykit.stages.yardsticks import Yardsticks

CONTRACT = Contract.model_validate(
    {
        "task": "tensors",
        "inputs": {"x": {"type": "tensor", "shape": [1, 4]}},
        "outputs": {"y": {"type": "tensor"}},
    }
)
LIVELY = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 1, 4)


def yardsticks(noise: float = 1e-7, **kinds: np.ndarray) -> Yardsticks:
    """PyTorch's own outputs; at fp64 they are off by `noise` of the largest."""
    shift = np.resize([1.0, -1.0], 4) * noise
    exact = {kind: {"y": values + shift * np.abs(values).max()} for kind, values in kinds.items()}
    return Yardsticks({"fp32": {kind: {"y": values} for kind, values in kinds.items()}, "fp64": exact})


def test_the_draw_with_the_least_room_of_those_that_an_app_gives() -> None:
    outputs = {"extremes": {"y": LIVELY * 2}, "random": {"y": LIVELY.copy()}}
    outputs["random"]["y"][1] += 0.1
    outputs["random"]["y"][2] += 0.01
    worst = worst_of(CONTRACT, yardsticks(extremes=LIVELY, random=LIVELY), outputs)
    assert (worst.kind, worst.index, worst.record.verdict) == ("random", 1, "failed")
    assert worst.record.snr_db == pytest.approx(10 * np.log10(np.square(LIVELY[1]).mean() / 0.01), abs=0.01)


def test_a_constant_is_told_as_such_and_noise_as_noise() -> None:
    """PyTorch repeats neither here; only of the second is that the reason why nothing can be said."""
    constant = np.full_like(LIVELY, 3)
    with pytest.raises(DeploykitError, match=r"^nothing can be said of this model: PyTorch's own output y has no spr"):
        worst_of(CONTRACT, yardsticks(0.5, random=constant), {"random": {"y": constant}})
    with pytest.raises(DeploykitError, match=r"^nothing can be said of this model: PyTorch's own answer is noise"):
        worst_of(CONTRACT, yardsticks(0.5, random=LIVELY), {"random": {"y": LIVELY}})


def test_one_draw_that_can_be_judged_is_enough() -> None:
    half = LIVELY.copy()
    half[:2] = 0
    worst = worst_of(CONTRACT, yardsticks(random=half), {"random": {"y": half}})
    assert (worst.kind, worst.index, worst.record.verdict) == ("random", 2, "passed")
