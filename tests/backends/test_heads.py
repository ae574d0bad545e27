"""Boxes and scores in one tensor: what int8 leaves of the scores, with one scale for both and with one for each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.coreml_reference.subject import run
from deploykit.backends import BACKENDS, RUNNERS, RUNS, heads
from deploykit.backends.base import QuantizeRequest
from deploykit.backends.heads import Op, clashing_heads, told
from deploykit.prepare.rewriting import rewrite
from deploykit.work.draws import save
from deploykit.work.narrow import quantize
from tests.backends.roads import subject

GRAPH = [
    Op("CONV", ("x",), ("features",)),
    Op("CONV", ("features",), ("boxes",)),
    Op("CONV", ("features",), ("scores",)),
    Op("JOIN", ("boxes", "scores"), ("both",)),
    Op("MOVE", ("both",), ("output",)),
]
RANGES = {"boxes": (0.0, 600.0), "scores": (0.0, 1.0), "features": (-1.0, 2.0), "both": (0.0, 600.0)}


def test_a_joint_of_clashing_heads_stays_float_with_what_follows() -> None:
    found = clashing_heads(GRAPH, RANGES, "JOIN", {"CONV"})
    assert [op.outputs[0] for op in found] == ["both", "output"]
    assert told(found, "JOIN") == ("heads of clashing scales joined in floating point: both",)


def test_what_makes_boxes_of_a_head_stays_float_and_what_others_take_does_not() -> None:
    decoded = [*GRAPH[:2], Op("SCALE", ("boxes",), ("pixels",)), GRAPH[2], Op("JOIN", ("pixels", "scores"), ("both",))]
    ranges = RANGES | {"pixels": (0.0, 600.0)}
    found = clashing_heads(decoded, ranges, "JOIN", {"CONV"})
    assert [op.outputs[0] for op in found] == ["pixels", "both"]
    found = clashing_heads([*decoded, Op("CONV", ("pixels",), ("more",))], ranges, "JOIN", {"CONV"})
    assert [op.outputs[0] for op in found] == ["both"]


def test_features_and_like_scales_are_left_alone() -> None:
    assert clashing_heads([*GRAPH, Op("CONV", ("output",), ("more",))], RANGES, "JOIN", {"CONV"}) == ()
    assert clashing_heads(GRAPH, RANGES | {"boxes": (-2.0, 2.0)}, "JOIN", {"CONV"}) == ()
    assert clashing_heads(GRAPH, {"boxes": (0.0, 600.0)}, "JOIN", {"CONV"}) == ()
    assert told((), "JOIN") == ()


class Detector(nn.Module):
    """Dense heads as a detector has them: four box edges in pixels and a score, for each cell."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU())
        self.box, self.score = nn.Conv2d(16, 4, 1), nn.Conv2d(16, 1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        features = self.body(x)
        made = torch.cat([self.box(features).sigmoid() * 600, self.score(features).sigmoid()], 1)
        return made.flatten(2).transpose(1, 2)


@pytest.mark.parametrize("backend", ["coreml", "litert", "onnx"])
def test_scores_beside_boxes_survive_int8(backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    whole = subject(Detector(), torch.rand(1, 3, 16, 16))
    save(tmp_path / "calibration.npz", {"samples": whole.inputs})
    row = BACKENDS[backend]
    program, _ = rewrite(whole.program, row.roads[0].rewrites)
    file = row.roads[0].function(program, whole.request(row.quantized_from, tmp_path / "float"))
    request = QuantizeRequest("int8", tmp_path / "calibration.npz", options={"min_os": "17.0"})
    (name,) = whole.reference
    wanted = whole.reference[name][..., 4]

    def lost(folder: str) -> tuple[float, tuple[str, ...]]:
        """The scores' largest error over their spread, and what was done."""
        made, done, _ = quantize(backend, file, (), request, tmp_path / folder)
        with RUNNERS[RUNS[backend]].open(made) as runner:
            got = run(runner, whole.inputs)[name][..., 4]
        return float(np.abs(got - wanted).max() / np.ptp(wanted)), done

    after, done = lost("after")
    assert len(done) == 1
    assert done[0].startswith("heads of clashing scales joined in floating point: ")
    assert after < 0.1
    monkeypatch.setattr(heads, "CLASH", np.inf)
    before, done = lost("before")
    assert done == ()
    assert before > 0.4 if backend != "coreml" else before >= after
