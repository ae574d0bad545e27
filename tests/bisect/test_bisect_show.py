"""What a bisection found, in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
from rich.console import Console

from deploykit.bisect.command import verdict_of
from deploykit.bisect.look import Looked
from deploykit.bisect.records import Bisection, NodeRecord, ProofRecord, ReproRecord, Verdict
from deploykit.bisect.show import sentence, shown
from deploykit.probes.results import Finding

NODE = NodeRecord(
    name="resize",
    op="aten.upsample_nearest2d.vec",
    place="model.py:12 `y = F.interpolate(x)` in blocks.1 (Block)",
    right=False,
    tensor="9 Block",
    made_by="RESIZE",
    snr_db=6.7,
    required_db=100.0,
)
PROOF = ProofRecord(
    suspect="resize", nodes=("resize",), ops=(NODE.op,), finding=Finding(outcome="wrong", snr_db=6.7), shows=True
)


def found(verdict: Verdict, **more: Any) -> Bisection:
    values = {
        "artifact": "net.tflite",
        "model": "net",
        "backend": "litert",
        "road": "litert-torch",
        "runner": "tflite",
        "made": "given",
        "verdict": verdict,
        "input": "random 3",
        "snr_db": 11.6,
        "plain_db": 120.0,
        "required_db": 70.0,
        "bad": (NODE,),
    }
    return Bisection.model_validate(values | more)


def text(bisection: Bisection, **more: Any) -> str:
    console = Console(width=160, record=True, no_color=True)
    with console.capture() as capture:
        console.print(shown(bisection, **{"repro": None} | more))
    return capture.get()


def test_every_verdict_has_its_sentence() -> None:
    verdicts = get_args(Verdict)
    assert len({sentence(found(verdict, proof=PROOF)) for verdict in verdicts}) == len(verdicts)


def test_a_proven_culprit() -> None:
    said = text(found("converter", proof=PROOF, tried=(PROOF,)))
    assert said.startswith("aten.upsample_nearest2d.vec at model.py:12 `y = F.interpolate(x)` in blocks.1 (Block) is")
    assert "by itself, through litert-torch, it has 6.7 dB" in said
    assert "RESIZE makes '9 Block'" in said
    assert "6.7 (100)  upsample_nearest2d.vec  model.py:12 in blocks.1 (Block)" in said


def test_a_repro_that_could_not_be_run_says_so() -> None:
    record = ReproRecord(ran=False, reason="repro.py ended with exit code 1: no onnx2tf")
    said = text(found("converter", proof=PROOF, repro=record), repro=Path("out"))
    assert "wrote out; repro.py ended with exit code 1: no onnx2tf" in said
    assert "nothing was written to out" in text(found("file"), repro=Path("out"))


@pytest.mark.parametrize(
    ("looked", "proof", "verdict"),
    [
        (Looked(120.0, 9, 9), None, "runtime"),
        (Looked(10.0, 9, 4, bad=(NODE,)), PROOF, "converter"),
        (Looked(10.0, 9, 4, bad=(NODE,)), None, "file"),
        (Looked(10.0, 9, 0, bad=(NODE,)), None, "foreign"),
    ],
)
def test_verdicts(looked: Looked, proof: ProofRecord | None, verdict: Verdict) -> None:
    assert verdict_of(looked, proof) == verdict
