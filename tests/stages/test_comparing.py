"""What a GPU's outputs prove beside the CPU's: wrong ones fail, and equal bits are no pass."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deploykit.backends import RUNNERS
from deploykit.manifest import GpuRecord, ParityRecord, decisive, left_out, overall
from deploykit.parity.inputs import Draws
from deploykit.project import Project
from deploykit.spec import Spec
from deploykit.stages.compare import Compared, compare_item
from deploykit.stages.execute import Ran
from deploykit.stages.plan import Item
from deploykit.stages.yardsticks import Yardsticks
from deploykit.targets import all_targets
from deploykit.work.capture import Captured
from deploykit.work.draws import fewer, save
from deploykit.work.run import Measured

RIGHT = np.linspace(-1, 1, 36, dtype=np.float32).reshape(9, 1, 4)
NOISE = np.where(np.arange(36) % 2, np.float32(1e-6), np.float32(-1e-6)).reshape(9, 1, 4)
GPU = GpuRecord(adapter="Stand-in", software=True, arithmetic="fp32")
FEW = RUNNERS["litert-gpu"].most_draws
SPEC = Spec.model_validate(
    {
        "model": {"entry": "m.py:net"},
        "task": {"type": "tensors"},
        "input": {"x": {"type": "tensor", "shape": (1, 4)}},
        "output": {"y": {"type": "tensor"}},
    }
)


@pytest.fixture
def item(monkeypatch: pytest.MonkeyPatch) -> Item:
    """One that has the GPU on any host."""
    monkeypatch.setattr(Item, "runners", property(lambda self: self.target.runners))
    return Item(all_targets()["android_litert"], "fp32")


def compared(
    item: Item, tmp_path: Path, gpu: np.ndarray | Ran, cpu: np.ndarray | Ran, record: GpuRecord = GPU
) -> Compared:
    def ran(name: str, given: np.ndarray | Ran, measured: Measured, most: int | None) -> Ran:
        if isinstance(given, Ran):
            return given
        draws: Draws = fewer("random", {"y": given}, most)
        save(tmp_path / f"{name}.npz", {"random": draws})
        return Ran(tmp_path / f"{name}.npz", measured=measured)

    yardsticks = Yardsticks({"fp32": {"random": {"y": RIGHT}}, "fp64": {"random": {"y": RIGHT * (1 + 1e-7)}}})
    outcomes = {
        (item.lowering, "litert"): ran("cpu", cpu, Measured(), None),
        (item.lowering, "litert-gpu"): ran("gpu", gpu, Measured(gpu=record), FEW),
    }
    captured = Captured(Project(tmp_path, SPEC, (), "m"), None, 0, "", (), (), (), (), {})
    return compare_item(item, captured, outcomes, yardsticks)


def on_gpu(found: Compared) -> ParityRecord:
    cpu, gpu = found.parity
    assert (cpu.runner, cpu.gpu, cpu.draws) == ("litert", None, 9)
    assert gpu.runner == "litert-gpu"
    return gpu


def test_right_outputs_pass_on_a_few_draws(item: Item, tmp_path: Path) -> None:
    record = on_gpu(compared(item, tmp_path, RIGHT + NOISE, RIGHT))
    assert (record.verdict, record.draws, record.gpu) == ("passed", FEW, GPU)
    assert record.required_snr_db == 70


@pytest.mark.parametrize("garbage", [np.zeros_like(RIGHT), RIGHT[::-1].copy(), np.full_like(RIGHT, np.nan)])
def test_garbage_fails_whatever_the_cpu_gives(item: Item, tmp_path: Path, garbage: np.ndarray) -> None:
    found = compared(item, tmp_path, garbage, RIGHT + NOISE)
    assert on_gpu(found).verdict == "failed"
    assert left_out(found.parity) == ("gpu",)
    assert overall(decisive(found.parity)) == "passed"  # by the CPU, which every phone has


def test_the_cpus_bits_prove_nothing(item: Item, tmp_path: Path) -> None:
    found = compared(item, tmp_path, RIGHT + NOISE, RIGHT + NOISE)
    record = on_gpu(found)
    assert record.verdict == "not_run"
    assert "the CPU's to the bit: the GPU probably computed nothing" in record.reason
    assert record.gpu is not None
    assert record.gpu.equal_bits
    assert record.snr_db is not None  # the figures stay
    assert overall(decisive(found.parity)) == "passed"  # by the CPU
    assert left_out(found.parity) == ()


def test_equal_bits_that_are_wrong_still_fail(item: Item, tmp_path: Path) -> None:
    record = on_gpu(compared(item, tmp_path, np.zeros_like(RIGHT), np.zeros_like(RIGHT)))
    assert record.verdict == "failed"


def test_a_file_that_the_gpu_took_nothing_of_is_not_run(item: Item, tmp_path: Path) -> None:
    nothing = GPU.model_copy(update={"on_cpu": 9, "on_gpu": 0})
    record = on_gpu(compared(item, tmp_path, RIGHT + NOISE, RIGHT, nothing))
    assert (record.verdict, record.gpu) == ("not_run", nothing)
    assert "took no op of the file" in record.reason


def test_no_outputs_are_never_a_pass(item: Item, tmp_path: Path) -> None:
    hung = Ran(None, "LiteRT's GPU engine was not done after 300 s, and was ended", limit=True)
    record = on_gpu(compared(item, tmp_path, hung, RIGHT))
    assert (record.verdict, record.reason) == ("not_run", hung.reason)
    crashed = replace(hung, reason="it crashed", limit=False)
    assert on_gpu(compared(item, tmp_path, crashed, RIGHT)).verdict == "failed"


def test_nothing_new_is_written_of_other_runners() -> None:
    plain = ParityRecord(target="t", precision="fp32", runner="litert", input="random", verdict="passed")
    assert not plain.model_dump().keys() & {"gpu", "accelerator"}
    assert plain.model_copy(update={"gpu": GPU}).model_dump()["gpu"]["adapter"] == "Stand-in"
