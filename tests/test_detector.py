"""sample_apps/shapes: boxes and scores in one tensor. With one scale for both, int8 finds nothing; here all."""

from __future__ import annotations

import io
import runpy
import shutil
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deploykit.backends import BACKENDS, RUNNERS, heads
from deploykit.backends.base import QuantizeRequest, Tensors
from deploykit.parity.metrics import task_figures
from deploykit.precisions import Precision
from deploykit.project import read_project
from deploykit.samples import Sample
from deploykit.targets import all_targets
from deploykit.truths import read_truth
from deploykit.work.draws import save
from deploykit.work.narrow import quantize
from tests.conftest import ROOT, Build, deploykit

SHAPES = ROOT / "sample_apps" / "shapes"
PRECISIONS: tuple[Precision, ...] = ("fp32", "fp16", "int8")
FEW = 12


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp("shapes") / "out"
    wanted = [argument for precision in PRECISIONS for argument in ("--precision", precision)]
    return Build(folder, deploykit("build", "sample_apps/shapes", *wanted, "--out", folder))


def test_every_artifact_sees_pytorchs_boxes(shapes: Build) -> None:
    report = shapes.report
    assert report.verdict == "passed", shapes.run.out
    assert shapes.run.code == 0
    # On a GPU too few samples are run for figures of the task.
    records = [record for record in report.parity if record.input == "samples" and record.runner != "litert-gpu"]
    assert {(record.target, record.precision) for record in records} >= {
        (target, precision)
        for target in read_project(SHAPES / "deploykit.toml").spec.build.targets
        for precision in PRECISIONS
    }
    for record in records:
        assert record.metric["box_agreement"] >= 0.98, record
        assert record.metric["reference_map"] > 0.85
        assert record.metric["map"] > record.metric["reference_map"] - 0.03, record


def test_the_report_says_that_the_heads_are_joined_in_floating_point(shapes: Build) -> None:
    artifacts = [artifact for artifact in shapes.report.artifacts if artifact.precision == "int8"]
    for artifact in artifacts:
        done = [rewrite for road in artifact.roads_tried for rewrite in road.rewrites]
        assert any(rewrite.startswith("heads of clashing scales joined in floating point") for rewrite in done)


def test_the_report_shows_the_boxes_in_what_the_artifact_takes(shapes: Build) -> None:
    samples = shapes.report.samples
    assert len(samples) == 8
    for sample in samples:
        assert sample.sightings[0].by == "PyTorch"
        assert len({sighting.by for sighting in sample.sightings}) == len(sample.sightings) >= 16
        picture = Image.open(io.BytesIO(b64decode(sample.png_base64)))
        assert picture.width == picture.height
        for seen in sample.sightings[0].boxes:
            left, top, right, bottom = (value * picture.width for value in seen.box)
            inside = np.asarray(picture.crop((left + 8, top + 8, right - 8, bottom - 8)), float)
            assert inside.size > 0
            assert seen.score >= 0.5
    page = (shapes.folder / "report" / "index.html").read_text()
    assert page.count('<svg viewBox="0 0 100 100"') >= 8
    assert "Same boxes as PyTorch" in page


def drawn() -> list[Sample]:
    contract = read_project(SHAPES / "deploykit.toml").contract
    pairs = [runpy.run_path(str(SHAPES / "data.py"))["picture"](number) for number in range(5000, 5000 + FEW)]
    return [Sample(str(i), picture, read_truth(truth, contract, None)) for i, (picture, truth) in enumerate(pairs)]


@pytest.mark.parametrize("target", ["android_litert", "android_onnx"])
def test_without_it_no_box_is_left(target: str, shapes: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = read_project(SHAPES / "deploykit.toml").contract
    backend, runner = all_targets()[target].backend, all_targets()[target].runners[0]
    samples = drawn()
    inputs = {"image": np.stack([sample.tensors(contract)["image"] for sample in samples])}
    save(tmp_path / "calibration.npz", {"samples": inputs})
    name = next((shapes.folder / "artifacts" / target / "fp32").glob("shapes.*")).name
    float_file = Path(shutil.copy(shapes.folder / "artifacts" / target / "fp32" / name, tmp_path / name))
    request = QuantizeRequest("int8", tmp_path / "calibration.npz", options={"min_os": all_targets()[target].min_os})

    def gives(file: Path) -> Tensors:
        with RUNNERS[runner].open(file) as opened:
            made = [opened.run({"image": values})["detections"] for values in inputs["image"]]
        return {"detections": np.stack(made)}

    wanted, truths = gives(float_file), {draw: sample.truth for draw, sample in enumerate(samples)}

    def figures(file: Path) -> dict[str, float]:
        return task_figures(contract.outputs, len(contract.labels), wanted, gives(file), truths)

    assert BACKENDS[backend].quantized_from == "fp32"
    after, _, _ = quantize(backend, float_file, (), request, tmp_path / "after")
    assert figures(after)["box_agreement"] > 0.9
    monkeypatch.setattr(heads, "CLASH", np.inf)
    before, done, _ = quantize(backend, float_file, (), request, tmp_path / "before")
    assert done == ()
    found = figures(before)
    assert (found["box_agreement"], found["map"]) == (0.0, 0.0)
    assert found["reference_map"] > 0.8


def test_a_sweep_ships_what_fits_the_budget(shapes: Build, tmp_path: Path) -> None:
    """After the build, so that all but the smaller precisions comes from the cache."""
    run = deploykit(
        "sweep", "sample_apps/shapes", "--target", "android_onnx", "--budget", "60kB", "--out", tmp_path / "o"
    )
    assert run.code == 0, run.out + run.err
    (sdk,) = Build(tmp_path / "o", run).report.sdks
    assert (sdk.written, sdk.precision) == (True, "int8")
    assert sdk.reason.endswith("at int8 answers best of those with at most 60,000 bytes")
