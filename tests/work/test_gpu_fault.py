"""The op at which LiteRT's GPU engine is wrong or crashes, found in real files."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deploykit import vulkan
from deploykit.backends import RUNNERS
from deploykit.backends.base import QuantizeRequest, Tensors
from deploykit.backends.litert import gpu
from deploykit.backends.litert.cut import beginning, ops_of
from deploykit.backends.litert.quantize import quantize
from deploykit.backends.litert.runner import TfliteRunner
from deploykit.work.draws import save
from deploykit.work.gpu_fault import gpu_fault

pytestmark = pytest.mark.skipif(vulkan.unavailable() is not None, reason=str(vulkan.unavailable()))


@pytest.fixture
def file(tmp_path: Path, digits: Any) -> Path:
    """The digits sample at fp32."""
    return Path(shutil.copy(digits.folder / "artifacts/android_litert/fp32/digits.tflite", tmp_path / "digits.tflite"))


@pytest.fixture
def inputs(tmp_path: Path, file: Path) -> Path:
    with RUNNERS["litert"].open(file) as runner:
        (taken,) = runner.takes()
    values = np.random.default_rng(1).uniform(0, 1, (2, *(taken.default or taken.shape))).astype(taken.dtype)
    save(tmp_path / "inputs.npz", {"random": {taken.name: values}})
    return tmp_path / "inputs.npz"


def test_nothing_is_found_in_a_right_file(file: Path, inputs: Path) -> None:
    assert gpu_fault(file, inputs, "random", 70.0, {"arithmetic": "fp32"}) is None


def test_the_op_that_it_crashes_at(file: Path, inputs: Path) -> None:
    """ai-edge-litert 2.3 dies of a depthwise convolution whose weights are widened from integers."""
    quantize(file, QuantizeRequest("int8-weights"), ())
    fault = gpu_fault(file, inputs, "random", 70.0, {"arithmetic": "fp16"})
    assert fault is not None
    assert fault.crash
    assert fault.op.op == "DEPTHWISE_CONV_2D"
    assert fault.op.snr_db is None
    depthwise = [outputs for op, outputs in ops_of(file) if op == "DEPTHWISE_CONV_2D"]
    assert int(fault.op.output.split(" ")[0]) in depthwise[0]


def test_the_op_that_it_computes_wrong(file: Path, inputs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No real one is at hand, so an engine is taken that doubles what a file gives as soon as it has a third MUL."""

    class Doubling(gpu.GpuRunner):
        def __init__(self, path: Path, arithmetic: str = "fp32") -> None:
            self.factor = 2 if [op for op, _ in ops_of(path)].count("HARD_SWISH") >= 3 else 1
            self.runner = TfliteRunner(path)

        def run(self, inputs: Tensors) -> Tensors:
            return {name: value * self.factor for name, value in self.runner.run(inputs).items()}

        def close(self) -> None:
            self.runner.close()

    monkeypatch.setattr(gpu, "GpuRunner", Doubling)
    fault = gpu_fault(file, inputs, "random", 35.0, {"arithmetic": "fp32"})
    assert fault is not None
    assert not fault.crash
    assert (fault.op.op, fault.op.snr_db) == ("HARD_SWISH", 0.0)
    third = [outputs for op, outputs in ops_of(file) if op == "HARD_SWISH"][2]
    assert int(fault.op.output.split(" ")[0]) in third


def test_a_beginning_is_a_file_of_its_own(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "beginning.tflite"
    beginning(file, 5, copy)
    assert ops_of(copy) == ops_of(file)[:5]
    with TfliteRunner(copy) as runner:
        (taken,) = runner.takes()
        made = runner.run({taken.name: np.zeros(taken.default or taken.shape, taken.dtype)})
    assert made.keys() == {f"t{index}" for index in ops_of(file)[4][1]}
