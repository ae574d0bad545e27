"""The gates beside an artifact's own outputs, and the op that is blamed."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploykit.backends.base import Inside
from deploykit.manifest import (
    FileTensor,
    GateRecord,
    Interface,
    OpRecord,
    ParityRecord,
    RoadRecord,
    Signature,
    TensorSpec,
    Verdict,
)
from deploykit.stages.compare import Compared
from deploykit.stages.execute import Lowered
from deploykit.stages.gates import blame, interface_gate, range_gate, twin_gate
from deploykit.stages.plan import Item, Plan
from deploykit.targets import all_targets
from deploykit.work.examine import Examined
from deploykit.work.losses import Losses

ITEM = Item(all_targets()["ios_coreml"], "fp16")
MADE = Lowered("torch.export", (), Path("net.mlpackage"), Path("log"))
SIGNATURE = Signature(inputs=(TensorSpec(name="x", dtype="float32", shape=(1,)),), outputs=())
RIGHT = Interface(inputs=(FileTensor(name="x", dtype="float32", shape=(1,)),), outputs=(), min_os="17")


def record(verdict: Verdict, snr: float | None, kind: str = "random", reason: str = "because") -> ParityRecord:
    return ParityRecord(
        target="ios_coreml",
        precision="fp32",
        runner="coreml-reference",
        input=kind,
        verdict=verdict,
        reason=reason,
        snr_db=snr,
        required_snr_db=None if snr is None else 70.0,
    )


def test_every_low_precision_item_has_a_twin_that_is_lowered_and_checked_once() -> None:
    target = all_targets()["ios_coreml"]
    lone, both = Plan((ITEM,)), Plan((ITEM, Item(target, "fp32")))
    assert ITEM.twin == Item(target, "fp32")
    assert Item(target, "fp32").twin is None
    for plan in (lone, both):
        assert [lowering.precision for lowering in plan.lowerings] == ["fp16", "fp32"]
        assert set(plan.precisions) == {"fp16", "fp32"}


def test_a_good_twin_keeps_the_figures_of_the_tightest_input() -> None:
    gate = twin_gate(MADE, Compared((record("passed", 120.0), record("passed", 98.0, "zeros"))))
    assert (gate.verdict, gate.snr_db, gate.required_snr_db) == ("passed", 98.0, 70.0)


def test_a_bad_twin_fails_with_its_reason() -> None:
    gate = twin_gate(MADE, Compared((record("passed", 120.0, "zeros"), record("failed", 62.0, reason="62.0 dB"))))
    assert (gate.verdict, gate.reason, gate.snr_db) == ("failed", "on random: 62.0 dB", 62.0)


def test_a_twin_that_nothing_ran_is_not_run() -> None:
    gate = twin_gate(MADE, Compared((record("not_run", None, reason="no runner"),)))
    assert (gate.verdict, gate.reason) == ("not_run", "on random: no runner")


def test_a_twin_that_could_not_be_made_is_not_run_and_says_why() -> None:
    tried = (RoadRecord(road="torch.export", outcome="failed", reason="no op alias"),)
    gate = twin_gate(Lowered(None, tried, None, Path("log")), None)
    assert gate.verdict == "not_run"
    assert "torch.export: no op alias" in gate.reason


def test_the_interface_is_held_against_the_targets_oldest_system() -> None:
    assert interface_gate(ITEM, SIGNATURE, Examined(RIGHT, Inside())).verdict == "passed"
    later = RIGHT.model_copy(update={"min_os": "18"})
    gate = interface_gate(ITEM, SIGNATURE, Examined(later, Inside()))
    assert gate.verdict == "failed"
    assert "18" in gate.reason


def test_a_file_whose_interface_cannot_be_read_fails() -> None:
    assert interface_gate(ITEM, SIGNATURE, "it is torn") == GateRecord(
        gate="interface", verdict="failed", reason="it is torn"
    )


OVER = OpRecord(op="matmul", output="scores", origin="model.py:7 `q @ k`", largest=3.8e6)


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        (Inside((OVER,)), "because; matmul scores reaches 3.8e+06, fp16 ends at 65504, from model.py:7 `q @ k`"),
        (
            Inside((OVER, OVER.model_copy(update={"output": "b"}))),
            "because; matmul scores reaches 3.8e+06, fp16 ends at 65504 (and 1 more op), from model.py:7 `q @ k`",
        ),
        (
            Inside(costliest=OpRecord(op="sub", output="d", snr_db=9.0)),
            "because; fp16 costs most in sub d",
        ),
        (Inside(curve=(OVER, OVER)), "because; no op stands out, fp16's rounding adds up over 2"),
        (Inside(), "because"),
    ],
    ids=["overflow", "two overflows", "cancellation", "many", "nothing seen"],
)
def test_a_failure_names_the_op(inside: Inside, said: str) -> None:
    assert blame(record("failed", 2.0), inside).reason == said


def test_a_pass_blames_nobody() -> None:
    assert blame(record("passed", 80.0), Inside((OVER,))) == record("passed", 80.0)


def test_a_file_with_integers_that_failed_names_the_noisiest_layers() -> None:
    layers = [
        OpRecord(op="Conv", output=name, snr_db=figure) for name, figure in (("a", 1.0), ("c", 9.04), ("d", 20.0))
    ]
    layers.insert(1, OpRecord(op="Conv", output="b"))  # taken by the one before
    noise = Losses(12, (*layers, OpRecord(op="Conv", output="e", snr_db=30.0)))
    said = "because; of 12 layers these add most noise: Conv a (1.0 dB), Conv c (9.0 dB), Conv d (20.0 dB)"
    assert blame(record("failed", 2.0), Inside(), noise).reason == said
    assert blame(record("failed", 2.0), Inside(), Losses(12, ())).reason == "because"
    curve = tuple(
        OpRecord(op="Conv", output=name, snr_db=figure) for name, figure in (("a", 90.0), ("b", 9.0), ("c", 3.0))
    )
    bound = record("failed", 2.0).model_copy(update={"required_snr_db": 10.0})
    first = said.replace("because; ", "because; first below that at Conv b (9.0 dB); ")
    assert blame(bound, Inside(), Losses(12, noise.worst, curve)).reason == first


def test_a_range_that_nobody_looked_at_is_no_pass() -> None:
    half = Item(all_targets()["android_onnx"], "fp16")
    border = Interface(inputs=(), outputs=())
    unseen = range_gate(half, Examined(border, Inside(), "it cannot be followed"), ())
    assert unseen == GateRecord(gate="fp16 range", verdict="not_run", reason="it cannot be followed")
    seen = range_gate(half, Examined(border, Inside()), ())
    assert seen is not None
    assert seen.verdict == "passed"
    beyond = range_gate(half, Examined(border, Inside((OVER,))), ())
    assert beyond is not None
    assert beyond.verdict == "failed"
    kept = range_gate(half, Examined(border, Inside((OVER,))), (OVER,))
    assert kept is not None
    assert kept.verdict == "passed"
    assert range_gate(Item(all_targets()["ios_coreml"], "fp16"), Examined(border, Inside((OVER,))), ()) is None
