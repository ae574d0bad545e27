"""`deploykit parity --import`: verdicts side by side, faults named, and nothing written where something is refused."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from deploykit.errors import ImportedError
from deploykit.importing.command import import_results
from deploykit.importing.mac import plan_in_short
from deploykit.mac import ALL_UNITS, PlannedOp, PlanResult
from deploykit.manifest import Manifest
from deploykit.report.html import html
from deploykit.report.model import Report
from deploykit.report.rows import rows
from tests.conftest import Build, Run

Data = dict[str, Any]
LABELS = [f"Apple runtime, {units}" for units in ("all units", "CPU only", "CPU and GPU", "CPU and Neural Engine")]


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def take(build: Path, tmp_path: Path) -> Callable[[Data], Report]:
    """Imports data into the copied build."""

    def run(data: Data) -> Report:
        file = tmp_path / "results.json"
        file.write_text(json.dumps(data))
        return import_results([file], build)

    return run


def test_both_verdicts_stand_side_by_side(
    right: Data, build: Path, tmp_path: Path, digits: Build, cli: Callable[..., Run]
) -> None:
    file = tmp_path / "results.json"
    file.write_text(json.dumps(right))
    before = files(digits.folder)
    done = cli("parity", "--import", file, build)
    assert done.code == 0, done.err
    report = Report.model_validate_json((build / "report" / "report.json").read_text())
    texts = (done.out, (build / "report" / "index.html").read_text(), (build / "report" / "junit.xml").read_text())
    for text in texts:
        for label in (*LABELS, "reference execution, not Apple"):
            assert label in text
    assert "Apple M9, arm64, macOS 15.1" in done.out
    assert "All 10 artifacts compute" in done.out
    for precision in ("fp32", "fp16"):
        found = [r for r in rows(report) if r.name == f"ios_coreml {precision}"]
        assert [(r.runner, r.compute_units) for r in found] == [
            ("coreml-reference", None),
            *(("coreml-apple", units) for units in ALL_UNITS),
        ]
        # The stand-in is the reference runner: on the same draws its figures are the same to the last bit.
        (mine, apple) = (next(p for p in found[i].records if p.input == "random") for i in (0, 1))
        assert apple == mine.model_copy(update={"runner": "coreml-apple", "compute_units": "all"})
        manifest = Manifest.model_validate_json(
            (build / "artifacts" / "ios_coreml" / precision / "manifest.json").read_text()
        )
        own = [p for p in report.parity if (p.target, p.precision) == ("ios_coreml", precision)]
        assert list(manifest.parity) == own
    # Everything else is as it was, and so is the folder that it was copied from.
    after = files(build)
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {
        *(f"report/{name}" for name in ("report.json", "index.html", "junit.xml")),
        *(f"artifacts/ios_coreml/{precision}/manifest.json" for precision in ("fp32", "fp16")),
    }
    assert files(digits.folder) == before
    assert after.keys() == before.keys()


def test_faults_are_named_and_a_later_import_replaces_them(
    measured: Path, right: Data, build: Path, take: Callable[[Data], Report], cli: Callable[..., Run]
) -> None:
    done = cli("parity", "--import", measured, build)
    assert done.code == 1
    assert "8 of 10 artifacts compute" in done.out
    report = Report.model_validate_json((build / "report" / "report.json").read_text())
    failed = {(p.target, p.compute_units, p.input): p.reason for p in report.parity if p.verdict == "failed"}
    assert {units for _, units, _ in failed} == {"cpu_and_gpu", "cpu_and_ne"}
    assert {target for target, _, _ in failed} == {"ios_coreml"}
    assert "dB is below" in failed["ios_coreml", "cpu_and_gpu", "samples"]
    assert "Error compiling model" in failed["ios_coreml", "cpu_and_ne", "zeros"]
    assert {a.verdict for a in report.artifacts if a.target == "ios_coreml"} == {"failed"}
    (sdk,) = [sdk for sdk in report.sdks if sdk.platform == "ios"]
    assert "do not ship" in sdk.condemned
    page = (build / "report" / "index.html").read_text()
    assert "coreml-apple, CPU and GPU" in page
    assert "not fit to ship" in page
    assert "<script" not in page
    suites = ElementTree.parse(build / "report" / "junit.xml").getroot()
    assert int(suites.get("failures") or 0) == len([p for p in report.parity if p.verdict == "failed"])
    names = [(case.get("classname"), case.get("name")) for case in suites.iter("testcase")]
    assert len(names) == len(set(names))
    assert ("ios_coreml", "fp16 coreml-apple cpu_and_gpu random") in names
    again = take(right)
    assert again.verdict == "passed"
    assert len(again.parity) == len(report.parity)
    assert [sdk.condemned for sdk in again.sdks] == ["", ""]
    assert len(again.mac) == len(report.mac) == 8


def test_what_the_mac_lacks_is_not_run(right: Data, take: Callable[[Data], Report], build: Path) -> None:
    for run in right["runs"]:
        run.update(not_run="Core ML sees no GPU on this Mac", kinds={}, milliseconds=None, predictions=0)
    report = take(right)
    apple = [p for p in report.parity if p.runner == "coreml-apple"]
    assert {(p.verdict, p.reason) for p in apple} == {("not_run", "Core ML sees no GPU on this Mac")}
    assert len(apple) == 2 * 4 * 4
    assert "Core ML sees no GPU on this Mac" in (build / "report" / "index.html").read_text()


def test_one_kind_that_core_ml_could_not_predict_fails_alone(right: Data, take: Callable[[Data], Report]) -> None:
    right["runs"] = right["runs"][:1]
    right["runs"][0]["kinds"]["zeros"] = {"error": "RuntimeError: code -7"}
    report = take(right)
    found = {p.input: (p.verdict, p.reason) for p in report.parity if p.runner == "coreml-apple"}
    assert found["zeros"] == ("failed", "RuntimeError: code -7")
    assert {found[kind][0] for kind in ("random", "extremes", "samples")} == {"passed"}


def test_another_shape_per_draw_is_a_finding(right: Data, take: Callable[[Data], Report]) -> None:
    scores = right["runs"][0]["kinds"]["random"]["outputs"]["scores"]
    scores["shape"] = [8, 10, 1]
    report = take(right)
    wrong = [p for p in report.parity if p.verdict == "failed"]
    assert [(p.compute_units, p.input) for p in wrong] == [("all", "random")]
    assert "output scores is (10, 1)" in wrong[0].reason


def _scores(data: Data) -> Data:
    scores: Data = data["runs"][0]["kinds"]["random"]["outputs"]["scores"]
    return scores


def _fewer(data: Data) -> None:
    scores = _scores(data)
    scores.update(shape=[7, 1, 10], base64=base64.b64encode(base64.b64decode(scores["base64"])[:280]).decode())


REFUSED: dict[str, tuple[Callable[[Data], object], str]] = {
    "another file": (lambda d: d["runs"][3].update(sha256="0" * 64), "SHA-256 " + "0" * 64 + "; this build's has"),
    "other inputs": (lambda d: d.update(inputs_sha256="1" * 64), "the inputs have SHA-256 " + "1" * 64),
    "a model of another build": (
        lambda d: d["runs"][0].update(model="m-fp16"),
        "no such model; it has ios_coreml-",
    ),
    "the same twice": (lambda d: d["runs"].append(d["runs"][0]), "there are 2 results"),
    "a draw less": (_fewer, "shape [7, 1, 10]; the kit has 8 draws"),
    "a kind less": (lambda d: d["runs"][0]["kinds"].pop("zeros"), "holds the inputs extremes, random, samples"),
    "a shape that the bytes do not have": (lambda d: _scores(d).update(shape=[8, 1, 11]), "takes 352 bytes"),
    "a shape beyond all memory": (lambda d: _scores(d).update(shape=[2**30, 2**30, 2**30]), "another number"),
    "a negative shape": (lambda d: _scores(d).update(shape=[-8, -1, 10]), "greater than or equal to 0"),
    "an unknown dtype": (lambda d: _scores(d).update(dtype="object"), "dtype"),
    "no base64": (lambda d: _scores(d).update(base64="!" * len(_scores(d)["base64"])), "base64"),
    "a number as text": (lambda d: d["runs"][0].update(milliseconds="1"), "milliseconds"),
    "a time that is none": (lambda d: d["runs"][0].update(milliseconds=float("nan")), "finite number"),
    "an unknown unit": (lambda d: d["runs"][0].update(compute_units="tpu"), "compute_units"),
    "an unknown key": (lambda d: d.update(verdict="passed"), "verdict"),
    "no runs": (lambda d: d.update(runs=[]), "runs"),
    "outputs and an error": (lambda d: d["runs"][0].update(error="x"), "exactly one"),
    "another format": (lambda d: d.update(format=2), "format"),
    "a text without end": (lambda d: d["runs"][0]["plan"].update(error="x" * 30_000), "at most 20000"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_leaves_the_report_as_it_was(
    case: str, right: Data, build: Path, take: Callable[[Data], Report]
) -> None:
    spoil, words = REFUSED[case]
    spoil(right)
    before = files(build)
    with pytest.raises(ImportedError) as error:
        take(right)
    assert words in str(error.value)
    assert "nothing was imported" in str(error.value)
    assert files(build) == before


@pytest.mark.parametrize("text", [b"", b"[]", b'{"format": 1', b"\xff\xfe", b"[" * 100_000], ids=range(5))
def test_what_is_no_result_is_refused(text: bytes, build: Path, tmp_path: Path, cli: Callable[..., Run]) -> None:
    file = tmp_path / "results.json"
    file.write_bytes(text)
    before = files(build)
    with pytest.raises(ImportedError, match="is damaged; nothing was imported"):
        import_results([file], build)
    assert files(build) == before


def test_a_truncated_file_is_refused(measured: Path, build: Path, tmp_path: Path, cli: Callable[..., Run]) -> None:
    file = tmp_path / "results.json"
    file.write_bytes(measured.read_bytes()[:-100])
    before = files(build)
    done = cli("parity", "--import", file, build)
    assert done.code == 2
    assert "is damaged" in done.err
    assert files(build) == before
    missing = cli("parity", "--import", tmp_path / "none.json", build)
    assert missing.code == 2
    assert "check.py of the Mac kit writes it" in missing.err


def test_a_changed_build_is_refused(measured: Path, build: Path) -> None:
    model = build / "artifacts/ios_coreml/fp32/digits.mlpackage/Data/com.apple.CoreML/weights/weight.bin"
    model.write_bytes(model.read_bytes()[:-1] + b"x")
    with pytest.raises(ImportedError, match="is not the file that manifest"):
        import_results([measured], build)
    shutil.rmtree(build / "mac")
    with pytest.raises(ImportedError, match="a build with a Core ML artifact has one"):
        import_results([measured], build)


def test_a_changed_reference_is_refused(measured: Path, build: Path) -> None:
    shutil.copyfile(build / "mac" / "inputs.npz", build / "mac" / "reference.npz")
    with pytest.raises(ImportedError, match="is not the one that kit"):
        import_results([measured], build)


def test_other_files_are_carried_along(right: Data, build: Path, take: Callable[[Data], Report]) -> None:
    (build / "mac" / "results.json").write_text("{}")
    (build / "notes.txt").write_text("mine")
    (build / "latest").symlink_to("report/index.html")
    take(right)
    assert (build / "notes.txt").read_text() == "mine"
    assert (build / "latest").is_symlink()
    assert (build / "mac" / "results.json").read_text() == "{}"


def test_a_plan_in_short() -> None:
    ops = (
        PlannedOp(name="a", type="ios17.conv", preferred="neural_engine", cost=0.6),
        PlannedOp(name="b", type="ios17.conv", preferred="neural_engine", cost=0.2),
        PlannedOp(name="c", type="ios17.softmax", preferred="cpu", cost=0.2),
        PlannedOp(name="d", type="ios17.reshape"),
    )
    short = plan_in_short(PlanResult(ops=ops), "all")
    assert [(s.device, s.ops, s.cost) for s in short.devices] == [
        ("neural_engine", 2, 0.8),
        ("cpu", 1, 0.2),
        (None, 1, 0.0),
    ]
    assert short.elsewhere == {"softmax": 1}
    assert plan_in_short(PlanResult(ops=ops), "cpu_only").elsewhere == {}
    assert plan_in_short(PlanResult(error="needs macOS 14.4"), "all").error == "needs macOS 14.4"


def test_without_an_import_the_page_says_how(digits: Build) -> None:
    page = html(digits.report)
    assert "run python3 check.py" in page
    android = tuple(a for a in digits.report.artifacts if a.backend != "coreml")
    assert "no Core ML artifact, so it has no Mac kit" in html(digits.report.model_copy(update={"artifacts": android}))
