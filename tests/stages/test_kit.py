"""What goes into the Mac kit, and how much of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from deploykit.mac import ALL_UNITS, Kit
from deploykit.spec import Contract
from deploykit.stages import kit as kits
from deploykit.stages.check import measure
from deploykit.work.draws import load
from tests.conftest import Build, Run


def kinds(**counts: int) -> dict[str, dict[str, np.ndarray]]:
    """One kilobyte a draw."""
    return {kind: {"x": np.zeros((count, 1, 256), np.float32)} for kind, count in counts.items()}


CONTRACT = Contract.model_validate(
    {
        "task": "tensors",
        "inputs": {"x": {"type": "tensor", "shape": [1, 4]}},
        "outputs": {"y": {"type": "tensor"}},
    }
)


def test_nothing_is_sent_on_which_nothing_can_be_said() -> None:
    """A constant is told as such however well PyTorch repeats it, and an answer that it cannot repeat as noise."""
    lively = np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 1, 4)
    values = {"random": lively, "zeros": np.full_like(lively, 3), "extremes": lively, "samples": np.zeros_like(lively)}
    reference = {kind: {"y": of} for kind, of in values.items()}
    exact = {kind: {"y": of.astype(np.float64)} for kind, of in values.items()}
    exact["extremes"]["y"] = exact["extremes"]["y"][:, :, ::-1]
    assert list(kits.telling(reference, {"fp64": exact}, CONTRACT)) == ["random"]
    constant = {kind: reference[kind] for kind in ("zeros", "samples")}
    assert kits.telling(constant, {"fp64": exact}, CONTRACT) == constant


def test_floors_that_json_has() -> None:
    lively = np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 1, 4)
    reference = {"random": {"y": lively}, "extremes": {"y": np.full_like(lively, np.nan)}}
    half = {"fp16": {kind: {"y": of["y"] * np.float32(1.001)} for kind, of in reference.items()}}
    assert kits.floors_at("fp16", reference, half, CONTRACT) == {"random": pytest.approx(60, abs=0.1)}
    assert kits.floors_at("fp16", reference, {}, CONTRACT) == {}


def test_small_models_send_everything_but_the_many_samples() -> None:
    draws = kinds(random=8, zeros=1, extremes=2, samples=360)
    labels = [i // 36 for i in range(360)]
    chosen = kits.select(draws, draws, labels)
    assert [chosen[kind] for kind in ("random", "zeros", "extremes")] == [tuple(range(8)), (0,), (0, 1)]
    assert len(chosen["samples"]) == kits.MOST_SAMPLES
    assert chosen["samples"] == tuple(sorted(chosen["samples"]))
    counts = np.bincount([labels[i] for i in chosen["samples"]])
    assert set(counts) == {6, 7}


@pytest.mark.parametrize(("room", "number"), [(0, 4), (6, 6), (10**9, 4 + 7 + 1 + 9)])
def test_the_outputs_stay_within_bounds_but_every_kind_is_there(
    room: int, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kits, "OUTPUT_BYTES", room << 10)
    draws = kinds(random=8, zeros=1, extremes=2, samples=10)
    chosen = kits.select(draws, draws, [None] * 10)
    assert all(chosen.values())
    assert sum(map(len, chosen.values())) == number


def test_the_inputs_stay_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kits, "INPUT_BYTES", 5 << 10)
    draws = kinds(random=8, zeros=1, extremes=2)
    assert sum(map(len, kits.select(draws, draws, []).values())) == 5


def test_samples_without_labels_come_in_turn() -> None:
    assert kits.spread([1, 1, None, 0, 1, 0, None]) == [0, 2, 3, 1, 5, 6, 4]


@pytest.mark.parametrize(("ios", "macos"), [("15.0", 12), ("17.0", 14), ("18.2", 15), ("26.0", 26)])
def test_the_macos_of_an_ios(ios: str, macos: int) -> None:
    assert kits._macos(ios) == macos


def test_the_kit_of_digits(digits: Build) -> None:
    folder = digits.folder / "mac"
    assert sorted(p.name for p in folder.iterdir()) == [
        "README.md",
        "check.py",
        "inputs.npz",
        "kit.json",
        "models",
        "reference.npz",
    ]
    kit = Kit.model_validate_json((folder / "kit.json").read_text(), strict=True)
    assert kit.compute_units == ALL_UNITS
    assert [m.name for m in kit.models] == ["ios_coreml-fp16", "ios_coreml-fp32"]
    for model in kit.models:
        artifact = digits.folder / "artifacts" / model.target / model.precision / Path(model.file).name
        assert measure(folder / model.file) == measure(artifact)
        assert model.sha256 == measure(artifact)[1]
        assert model.macos == 14
        assert set(model.floor_snr_db) == {"random", "zeros", "extremes", "samples"}
        first = next(p for p in (folder / model.file).rglob("weight.bin"))
        assert first.stat().st_nlink > 1, "the kit should share the artifact's bytes"
    inputs, reference = load(folder / "inputs.npz"), load(folder / "reference.npz")
    for kind, draws in kit.draws.items():
        assert len(inputs[kind]["image"]) == len(reference[kind]["scores"]) == len(draws)
    assert len(kit.labels) == len(kit.draws["samples"]) == kits.MOST_SAMPLES
    assert set(kit.labels) == set(range(10))


def test_the_floor_is_that_of_the_kits_own_draws(digits: Build) -> None:
    kit = Kit.model_validate_json((digits.folder / "mac" / "kit.json").read_text())
    for model in kit.models:
        (record,) = [
            p
            for p in digits.report.parity
            if (p.target, p.precision, p.input) == (model.target, model.precision, "random")
        ]
        assert model.floor_snr_db["random"] == pytest.approx(record.floor_snr_db, abs=0.01)


def test_no_core_ml_artifact_no_kit(tmp_path: Path, cli: Callable[..., Run]) -> None:
    out = tmp_path / "out"
    done = cli("build", "sample_apps/digits", "--target", "android_onnx", "--precision", "fp32", "--out", out)
    assert done.code == 0, done.err
    assert not (out / "mac").exists()
    assert "has no Mac kit" in (out / "report" / "index.html").read_text()
    assert json.loads((out / "report" / "report.json").read_text())["mac"] == []
