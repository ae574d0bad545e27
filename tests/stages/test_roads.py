"""Which road is kept, and what is said of the others: real files of a tiny network, run by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch

from deploykit import backends
from deploykit.backends import BACKENDS, RUNNERS
from deploykit.backends.base import LowerRequest
from deploykit.backends.onnx.lower import from_dynamo
from deploykit.backends.roads import RoadEntry
from deploykit.errors import ArtifactError, UnsupportedOpsError
from deploykit.progress import Progress
from deploykit.project import Entry
from deploykit.spec import ModelSpec
from deploykit.stages import roads
from deploykit.stages.execute import Lowered
from deploykit.stages.plan import Item, Plan
from deploykit.stages.workspace import Workspace
from deploykit.targets import all_targets
from deploykit.work import timing
from deploykit.work.capture import Captured, capture

MODEL = """
import torch
from torch import nn

class Net(nn.Module):
    def forward(self, x):
        return x @ torch.linspace(-1, 1, 12).reshape(4, 3) + 0.5

def net():
    return Net(), (torch.rand(1, 4),)
"""


class Here(Executor):
    """Runs jobs at once in this process, where the test's roads are; `logged` is left out."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        _, job, *rest = args
        try:
            future.set_result(job(*rest, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def right(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    return from_dynamo(program, request)


def wrong(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    """A file like any other, but 0.5 is another number in it."""
    path = from_dynamo(program, request)
    model = onnx.load(path)
    for tensor in model.graph.initializer:
        if not tensor.dims:
            tensor.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor) * 1.01, tensor.name))
    onnx.save(model, path)
    return path


def refuses(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    raise NotImplementedError("no op frobnicate\nand more")


ROADS = {road.__name__: RoadEntry(road.__name__, f"{__name__}:{road.__name__}") for road in (right, wrong, refuses)}
ROADS["also right"] = RoadEntry("also right", f"{__name__}:right")

ONNXRUNTIME: Any = RUNNERS["onnxruntime"]
Open = Callable[[Path], Any]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Captured, Path]:
    root = tmp_path_factory.mktemp("roads")
    (root / "m.py").write_text(MODEL)
    (root / "scratch").mkdir()
    return capture(Entry(root, ModelSpec(entry="m.py:net")), ("fp32", "fp16"), root / "scratch"), root / "scratch"


@pytest.fixture
def walked(
    model: tuple[Captured, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, Lowered]]:
    """What came of walking these roads, by precision."""

    def walk(*names: str, best: bool = False) -> dict[str, Lowered]:
        captured, made = model
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        for file in made.iterdir():
            (scratch / file.name).write_bytes(file.read_bytes())
        entry = replace(BACKENDS["onnx"], roads=tuple(ROADS[name] for name in names))
        monkeypatch.setitem(backends.BACKENDS, "onnx", entry)
        target = all_targets()["android_onnx"]
        work = Workspace(tmp_path, scratch, Here(), Progress())  # not in other processes
        lowered = roads.lower(work, captured, Plan((Item(target, "fp16"),)), best)
        return {lowering.precision: made for lowering, made in lowered.items()}

    return walk


def outcomes(made: Lowered) -> list[tuple[str, str]]:
    return [(record.road, record.outcome) for record in made.roads_tried]


def test_the_first_right_file_is_kept(walked: Callable[..., dict[str, Lowered]]) -> None:
    made = walked("refuses", "wrong", "right", "also right")
    assert set(made) == {"fp32", "fp16"}
    for lowered in made.values():
        assert lowered.road == "right"
        assert lowered.file is not None
        assert lowered.file.parent.name == "right"
        assert outcomes(lowered) == [
            ("refuses", "failed"),
            ("wrong", "failed"),
            ("right", "kept"),
            ("also right", "not tried"),
        ]
    refused, off, kept, other = made["fp32"].roads_tried
    assert refused.reason == "NotImplementedError: no op frobnicate"
    assert "onnxruntime on random: " in off.reason
    assert "below the 70.0 dB demanded" in off.reason
    assert off.snr_db is not None
    assert off.snr_db < 60
    assert kept.snr_db is not None
    assert kept.snr_db > 100
    assert other.reason == "right was kept"
    assert set(made["fp32"].ran) == {"onnxruntime"}


def test_a_wrong_file_is_kept_only_to_show_what_is_wrong(walked: Callable[..., dict[str, Lowered]]) -> None:
    made = walked("refuses", "wrong")
    assert made["fp32"].road == "wrong"
    assert outcomes(made["fp32"]) == [("refuses", "failed"), ("wrong", "failed")]


def test_no_road_leads_anywhere(walked: Callable[..., dict[str, Lowered]]) -> None:
    made = walked("refuses")
    for lowered in made.values():
        assert (lowered.road, lowered.file, outcomes(lowered)) == (None, None, [("refuses", "failed")])


@pytest.fixture
def opened_by(monkeypatch: pytest.MonkeyPatch) -> Callable[[Open], None]:
    """Puts another way of opening an artifact in the place of ONNX Runtime's."""

    def put(opens: Open) -> None:
        class Other(type(ONNXRUNTIME)):  # type: ignore[misc]  # the registry's own class, whichever it is
            def open(self, artifact: Path, **options: str) -> Any:
                return opens(artifact)

        monkeypatch.setitem(RUNNERS, "onnxruntime", Other(ONNXRUNTIME.title, ONNXRUNTIME.where, ONNXRUNTIME.suffix))

    return put


def slow_after_right(artifact: Path) -> Any:
    """Makes slow what the first right road wrote."""
    runner = ONNXRUNTIME.open(artifact)
    if artifact.parent.name == "right":
        quick = runner.run
        runner.run = lambda inputs: [quick(inputs) for _ in range(200)][-1]
    return runner


def test_best_keeps_the_fastest_of_the_right_ones(
    walked: Callable[..., dict[str, Lowered]], opened_by: Callable[[Open], None]
) -> None:
    opened_by(slow_after_right)
    made = walked("right", "wrong", "also right", best=True)
    assert made["fp32"].road == "also right"
    assert outcomes(made["fp32"]) == [("right", "passed"), ("wrong", "failed"), ("also right", "kept")]
    slower, _, kept = made["fp32"].roads_tried
    assert "times the time of also right on onnxruntime" in slower.reason
    assert kept.reason == "the fastest on onnxruntime, or hardly slower"


@pytest.mark.parametrize(("seconds", "kept"), [((1.0, 0.97), "right"), ((1.0, 0.9), "also right")])
def test_best_keeps_the_earlier_road_where_a_later_one_is_hardly_faster(
    walked: Callable[..., dict[str, Lowered]],
    monkeypatch: pytest.MonkeyPatch,
    seconds: tuple[float, float],
    kept: str,
) -> None:
    monkeypatch.setattr(timing, "time_files", lambda *_: seconds)
    assert walked("right", "also right", best=True)["fp32"].road == kept


def test_best_keeps_the_first_road_where_a_runner_only_interprets(
    walked: Callable[..., dict[str, Lowered]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RUNNERS, "onnxruntime", replace(ONNXRUNTIME, interprets=True))
    made = walked("right", "also right", best=True)["fp32"]
    assert outcomes(made) == [("right", "kept"), ("also right", "passed")]
    assert {record.reason for record in made.roads_tried} == {"right; no runner here tells its speed"}


def test_best_keeps_the_first_right_one_where_time_cannot_be_taken(
    walked: Callable[..., dict[str, Lowered]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ArtifactError("the clock stands still")

    monkeypatch.setattr(timing, "time_files", broken)
    made = walked("right", "also right", best=True)
    assert made["fp32"].road == "right"
    assert outcomes(made["fp32"]) == [("right", "kept"), ("also right", "passed")]
    for record in made["fp32"].roads_tried:
        assert "the fastest on onnxruntime could not be measured: the clock stands still" in record.reason


def test_best_keeps_no_file_that_could_not_be_judged_beside_a_right_one(
    walked: Callable[..., dict[str, Lowered]], opened_by: Callable[[Open], None]
) -> None:
    def opens(artifact: Path) -> Any:
        if artifact.parent.name == "right":
            raise UnsupportedOpsError("onnxruntime", ["frobnicate"])
        return ONNXRUNTIME.open(artifact)

    opened_by(opens)
    made = walked("right", "also right", best=True)
    assert made["fp32"].road == "also right"
    assert outcomes(made["fp32"]) == [("right", "failed"), ("also right", "kept")]
    assert "could not be judged" in made["fp32"].roads_tried[0].reason
