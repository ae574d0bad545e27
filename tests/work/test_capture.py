"""Capture as a whole: what is exported is prepared, what it is compared with is the original."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from deploykit.errors import CaptureError
from deploykit.project import Entry
from deploykit.spec import ModelSpec
from deploykit.work.capture import CUT, Captured, capture, propose
from deploykit.work.draws import load

CODE = """
import torch
from torch import nn

class Block(nn.Module):
    def __init__(self, right=True):
        super().__init__()
        self.a, self.b, self.one, self.right = nn.Linear(4, 4), nn.Linear(4, 4), None, right
    def forward(self, x):
        return self.one(x) if self.one is not None else self.a(x) + self.b(x)
    def fuse(self):
        self.one = nn.Linear(4, 4)
        self.one.weight.data = self.a.weight + self.b.weight * (1 if self.right else 2)
        self.one.bias.data = self.a.bias + self.b.bias
        del self.a, self.b

class Guarded(Block):
    "Its fused form cannot be exported."
    def forward(self, x):
        if self.one is not None and float(x.sum()) > 1e9:
            return x
        return super().forward(x)

class Finds(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)
    def deploy_forward(self, pixels):
        return {"scores": self.layer(pixels), "more": [pixels + 1, None, pixels * 2]}
    def forward(self, pixels):
        y = self.layer(pixels)
        return y[y > 0]

class Unmarked(Finds):
    deploy_forward = None
    def forward(self, x):
        y = self.layer(x)
        return y[y > 0].sum() if int((y > 0).sum()) > 3 else y.sum()

class Both(nn.Module):
    def __init__(self):
        super().__init__()
        self.classifier, self.aux_classifier = nn.Linear(4, 2), nn.Linear(4, 2)
    def forward(self, x):
        given = {"out": self.classifier(x)}
        if self.aux_classifier is not None:
            given["aux"] = self.aux_classifier(x)
        return given

def give(module): return module, torch.randn(2, 4)
def right(): return give(nn.Sequential(Block(), nn.Dropout()))
def wrong(): return give(nn.Sequential(Block(right=False)))
def guarded(): return give(nn.Sequential(Guarded()))
def finds(): return give(Finds())
def unmarked(): return give(Unmarked())
def both(): return give(Both())
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "m.py").write_text(CODE)
    return tmp_path


def captured(root: Path, name: str) -> tuple[Captured, list[str], dict[str, np.ndarray]]:
    """The record, the program's ops, and how far the program is from the reference on the first draw."""
    folder = root / name
    folder.mkdir()
    found = capture(Entry(root, ModelSpec(entry=f"m.py:{name}")), (), folder)
    program = torch.export.load(Captured.program(folder))
    inputs, reference = load(folder / "inputs.npz")["random"], load(folder / "fp32.npz")["random"]
    with torch.no_grad():
        made = program.module()(**{n: torch.from_numpy(v[0]) for n, v in inputs.items()})
    off = {n: np.abs(reference[n][0] - made[n].numpy()).max() for n in reference}
    return found, [str(n.target) for n in program.graph.nodes if n.op == "call_function"], off


def test_the_program_is_prepared_and_the_reference_is_the_original(root: Path) -> None:
    found, ops, off = captured(root, "right")
    assert {r.name: r.outcome for r in found.prepared if r.outcome != "nothing to do"} == {
        "dropout": "applied",
        "reparameterisation": "applied",
    }
    assert ops == ["aten.linear.default"]
    assert max(off.values()) < 1e-5
    assert found.parameters == 40  # of the original
    assert "passes" not in found.notes


def test_a_wrong_method_of_a_model_cannot_hide(root: Path) -> None:
    found, ops, off = captured(root, "wrong")
    (record,) = (r for r in found.prepared if r.outcome != "nothing to do")
    assert (record.name, record.outcome) == ("reparameterisation", "dropped")
    assert ops.count("aten.linear.default") == 2
    assert max(off.values()) < 1e-5


def test_passes_that_stand_in_the_way_of_export_are_left_out(root: Path) -> None:
    found, ops, _ = captured(root, "guarded")
    record = next(r for r in found.prepared if r.name == "reparameterisation")
    assert record.outcome == "dropped"
    assert "left out with all others: torch.export refuses the model" in record.what
    assert ops.count("aten.linear.default") == 2


def test_a_model_says_where_it_is_cut(root: Path) -> None:
    found, _, off = captured(root, "finds")
    assert found.prepared[0].name == CUT
    assert [t.name for t in found.signature.inputs] == ["pixels"]
    assert list(off) == ["scores", "more_0", "more_2"]
    assert any(note.startswith("Cut: the model's own deploy_forward()") for note in found.notes)
    spec, _ = propose(Entry(root, ModelSpec(entry="m.py:finds")))
    assert list(spec.output) == list(off)
    assert list(spec.input) == ["pixels"]


def test_a_refusal_that_depends_on_data_names_the_way_out(root: Path) -> None:
    with pytest.raises(CaptureError, match=r"(?s)torch.export refuses the model.*deploy_forward\(\)"):
        captured(root, "unmarked")


def test_outputs_of_training_only_heads_are_left_out(root: Path) -> None:
    found, ops, off = captured(root, "both")
    assert list(off) == ["out"]
    assert ops == ["aten.linear.default"]
    assert any("aux" in note for note in found.notes)
    assert next(r for r in found.prepared if r.name == "auxiliary heads").outcome == "applied"


def test_a_detector_of_a_zoo() -> None:
    spec, classes = propose(Entry(Path(), ModelSpec(entry="torchvision:ssdlite320_mobilenet_v3_large")))
    assert classes == 0
    assert list(spec.output) == ["bbox_regression", "cls_logits", "boxes"]
    assert spec.input["image"].network_shape == (1, 3, 320, 320)
