"""A file that is right at the default size only has to fail, and a build has to say at which size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import onnx
import pytest
import torch

from deploykit import backends
from deploykit.backends import BACKENDS
from deploykit.backends.base import LowerRequest
from deploykit.backends.onnx.lower import from_dynamo
from deploykit.backends.roads import RoadEntry
from deploykit.dynamic import at_sizes
from deploykit.jobs import IsolatedPool
from deploykit.manifest import Signature
from deploykit.progress import Progress
from deploykit.stages import roads
from deploykit.stages.plan import Item, Plan
from deploykit.stages.workspace import Workspace
from deploykit.targets import all_targets
from tests.open_models import OPEN_X, subject
from tests.stages.test_roads import Here


def careless(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    """Takes any size, but computes with the one that it was made for."""
    path = from_dynamo(at_sizes(program, program.example_inputs[1]), _closed(request))
    model = onnx.load(path)
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[1].dim_param = "time"
    del model.graph.value_info[:]
    onnx.save(model, path)
    return path


def _closed(request: LowerRequest) -> LowerRequest:
    sizes = {"time": 100}
    closed = [
        tuple(t.model_copy(update={"shape": tuple(sizes.get(str(s), s) for s in t.shape)}) for t in tensors)
        for tensors in (request.signature.inputs, request.signature.outputs)
    ]
    return replace(request, signature=Signature(inputs=closed[0], outputs=closed[1]))


def test_a_file_that_is_right_at_the_default_size_only_is_a_failed_road(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = subject("share", OPEN_X, tmp_path)
    names = ("careless", "dynamo")
    where = (f"{__name__}:careless", "deploykit.backends.onnx.lower:from_dynamo")
    entries = tuple(RoadEntry(*each) for each in zip(names, where, strict=True))
    monkeypatch.setitem(backends.BACKENDS, "onnx", replace(BACKENDS["onnx"], roads=entries))
    plan = Plan((Item(all_targets()["android_onnx"], "fp32"),))
    with IsolatedPool(1) as pool:
        work = Workspace(tmp_path, tmp_path / "scratch", pool, Progress())
        object.__setattr__(work, "pool", Here())
        (lowered,) = roads.lower(work, made.captured, plan).values()
    assert lowered.road == "dynamo"
    wrong, right = lowered.roads_tried
    assert (wrong.outcome, right.outcome) == ("failed", "kept")
    assert "onnxruntime on at time=2: " in wrong.reason
    assert "on random" not in wrong.reason
