"""Ops that stay as they were where the file would be wrong otherwise: float layers, float32 islands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from deploykit.backends import BACKENDS
from deploykit.pipeline import build
from deploykit.precisions import Precision
from deploykit.progress import Progress
from deploykit.project import Entry
from deploykit.request import BuildRequest, Mixing
from deploykit.spec import ModelSpec
from deploykit.stages import honest, other_precisions, roads
from deploykit.stages.compare import compare_item
from deploykit.stages.execute import Lowered, run
from deploykit.stages.plan import Item, Plan
from deploykit.stages.workspace import Workspace
from deploykit.stages.yardsticks import load_yardsticks
from deploykit.targets import all_targets
from deploykit.work.capture import Captured, capture
from tests.stages.test_roads import Here

OUTLIER = """
import torch
from torch import nn

class Net(nn.Module):
    '''One channel is a thousand times the others: a scale for all of them leaves nothing of those.'''

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(*[nn.Sequential(nn.Conv2d(8, 8, 1), nn.ReLU()) for _ in range(10)])
        self.wide = nn.Conv2d(8, 8, 1)
        self.back = nn.Conv2d(8, 8, 1, bias=False)
        scale = torch.ones(8, 1, 1, 1)
        scale[0] = 1000
        with torch.no_grad():
            for layer in self.body:
                layer[0].weight.copy_(torch.eye(8)[:, :, None, None] + 0.05 * torch.randn(8, 8, 1, 1))
            self.wide.weight.copy_(torch.eye(8)[:, :, None, None] * scale)
            self.wide.bias.zero_()
            self.back.weight.copy_(torch.eye(8)[:, :, None, None] / scale.transpose(0, 1))

    def forward(self, x):
        return self.back(self.wide(self.body(x)))

def net():
    torch.manual_seed(0)
    return Net(), (torch.rand(1, 8, 6, 6),)
"""

OVERFLOW = """
import torch
from torch import nn

class Net(nn.Module):
    '''Small in, small out, and a hundred million between.'''

    def forward(self, x):
        return ((x * 1e4).square() + 1.0).sqrt() * 1e-4

def net():
    return Net(), (torch.rand(1, 16) + 0.5,)
"""


def item_backend(target: str) -> str:
    return all_targets()[target].backend


def built(
    code: str, tmp_path: Path, target: str, precision: Precision, mixing: Mixing
) -> tuple[Lowered, str, float | None]:
    """What was lowered, the verdict on its outputs, and its signal-to-noise ratio."""
    (tmp_path / "m.py").write_text(code)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (tmp_path / "logs").mkdir()
    work = Workspace(tmp_path, scratch, Here(), Progress())
    item = Item(all_targets()[target], precision)
    plan = Plan((item,))
    captured: Captured = capture(Entry(tmp_path, ModelSpec(entry="m.py:net")), plan.precisions, scratch)
    honest(work, plan)
    lowered = roads.lower(work, captured, plan, mixing=mixing)
    ran = run(work, captured, lowered, plan)
    parity = compare_item(item, captured, ran, load_yardsticks(scratch)).parity
    verdicts = {record.verdict for record in parity}
    figures = [record.snr_db for record in parity if record.snr_db is not None]
    return lowered[item.lowering], "failed" if "failed" in verdicts else "passed", min(figures, default=None)


@pytest.mark.parametrize("target", ["android_onnx", "android_tflite", "ios_coreml"])
def test_the_noisiest_layers_stay_float_until_the_file_is_right(target: str, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    plain, verdict, low = built(OUTLIER, tmp_path / "plain", target, "int8", Mixing())
    assert verdict == "failed"
    assert plain.kept == ()
    (tmp_path / "mixed").mkdir()
    mixed, verdict, high = built(OUTLIER, tmp_path / "mixed", target, "int8", Mixing(keep_float=True))
    assert verdict == "passed"
    assert low is not None
    assert high is not None
    assert high > low + 10
    assert 0 < len(mixed.kept) <= 5
    assert mixed.kept[0].snr_db is not None
    assert mixed.kept[0].snr_db < 10


def test_where_floats_do_not_help_none_stays_float(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(other_precisions, "HARDLY_DB", 100.0)
    monkeypatch.setattr(other_precisions, "PATIENCE", 1)
    (tmp_path / "plain").mkdir()
    plain, _, low = built(OUTLIER, tmp_path / "plain", "android_onnx", "int8", Mixing())
    (tmp_path / "mixed").mkdir()
    mixed, verdict, figure = built(OUTLIER, tmp_path / "mixed", "android_onnx", "int8", Mixing(keep_float=True))
    assert (verdict, mixed.kept, figure) == ("failed", (), low)
    assert mixed.file is not None
    assert plain.file is not None
    assert mixed.file.read_bytes() == plain.file.read_bytes()
    told = [road.reason for road in mixed.roads_tried if road.outcome == "failed"]
    assert any("with 1 layers float it came to" in reason for reason in told), mixed.roads_tried


@pytest.mark.parametrize("target", ["android_onnx", "ios_coreml"])
def test_what_fp16_cannot_hold_is_computed_in_float32(target: str, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    _, verdict, _ = built(OVERFLOW, tmp_path / "plain", target, "fp16", Mixing())
    assert verdict == ("passed" if BACKENDS[item_backend(target)].widens else "failed")
    (tmp_path / "mixed").mkdir()
    mixed, verdict, figure = built(OVERFLOW, tmp_path / "mixed", target, "fp16", Mixing(fp16_islands=True))
    assert verdict == "passed"
    assert figure is not None
    assert figure > 50
    assert mixed.kept
    assert all(record.largest is not None and record.largest > np.finfo(np.float16).max for record in mixed.kept)
    if target == "android_onnx":
        assert mixed.file is not None
        kinds = {value.type.tensor_type.elem_type for value in onnx.load(mixed.file).graph.value_info}
        assert onnx.TensorProto.FLOAT in kinds


@pytest.mark.parametrize(("islands", "verdict"), [(False, "failed"), (True, "passed")])
def test_what_a_cpu_hides_is_a_gate(islands: bool, verdict: str, tmp_path: Path) -> None:
    """ONNX Runtime computes fp16 in float32 on a CPU: the outputs are right, and would be infinite on a GPU."""
    (tmp_path / "m.py").write_text(OVERFLOW)
    source = Entry(tmp_path, ModelSpec(entry="m.py:net"))
    request = BuildRequest(source, tmp_path / "out", ("android_onnx",), ("fp16",), mixing=Mixing(fp16_islands=islands))
    report = build(request, Progress())
    (artifact,) = report.artifacts
    (gate,) = (gate for gate in artifact.gates if gate.gate == "fp16 range")
    assert gate.verdict == verdict
    assert artifact.verdict == verdict
    assert {record.verdict for record in report.parity if record.input == "random"} == {"passed"}
    assert ("fp16 ends at 65504" in gate.reason) is not islands


def test_a_file_that_failed_says_which_layers_add_most_noise(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(OUTLIER)
    source = Entry(tmp_path, ModelSpec(entry="m.py:net"))
    report = build(BuildRequest(source, tmp_path / "out", ("android_onnx",), ("int8",)), Progress())
    (record,) = (record for record in report.parity if record.input == "random")
    assert record.verdict == "failed"
    assert "; first below that at " in record.reason
    assert "of 22 layers these add most noise: Conv output (" in record.reason
    (artifact,) = report.artifacts
    assert len(artifact.curve) >= 12
    assert "A file with integers that failed" in (tmp_path / "out" / "report" / "index.html").read_text()


def test_litert_has_no_islands() -> None:
    """Its files at fp16 compute in float32 wherever they are not run on a GPU, which takes all or nothing."""
    assert not BACKENDS["litert"].islands
