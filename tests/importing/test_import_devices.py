"""`deploykit parity --import selftest.json`: what devices told is in the report, and what nobody told is not run."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploykit.devices import PLACES, SelfTest
from deploykit.errors import ImportedError
from deploykit.importing import devices
from deploykit.importing.command import import_results
from deploykit.report.model import Report
from tests.conftest import Build, Run
from tests.golden_files import check_golden

GOLDEN = Path(__file__).parent / "golden"

Data = dict[str, Any]


def row(accelerator: str, **changes: Any) -> Data:
    """Of a test that passed."""
    figures = {"maxError": 2.5e-7, "snrDb": 118.25, "coldMs": 41.5, "warmMs": 1.75}
    return {"accelerator": accelerator, "test": "a < b", "passed": True, **figures, "error": None, **changes}


def absent(accelerator: str) -> Data:
    """Of an accelerator that did not open the model."""
    figures = dict.fromkeys(("maxError", "snrDb", "coldMs", "warmMs"))
    return row(accelerator, passed=False, **figures, error="there is <none> here")


WRONG = {"passed": False, "snrDb": 3.5, "maxError": 0.75}

DEVICES: dict[str, Data] = {
    "phone": {
        "target": "android_litert",
        "engine": "litert",
        "device": "Google Pixel 9",
        "osBuild": "google/tokay/tokay:16/BP1A.250305.019/13003188:user/release-keys",
        "accelerator": "gpu",
        "rows": [absent("npu"), row("gpu", snrDb=61.5), row("cpu", snrDb=None, maxError=0)],
    },
    "iphone": {
        "target": "ios_coreml",
        "engine": "coreml",
        "device": "iPhone17,1",
        "osBuild": "iOS Version 18.1 (Build 22B83)",
        "accelerator": "cpu",
        "rows": [row("neural_engine", **WRONG), row("gpu", **WRONG), row("cpu")],
    },
    "simulator": {
        "target": "ios_coreml",
        "engine": "coreml",
        "device": "iPhone17,1 simulator",
        "osBuild": "iOS Version 18.1 (Build 22B83)",
        "accelerator": "cpu",
        "rows": [row("cpu")],
    },
    "mac": {
        "target": "ios_coreml",
        "engine": "coreml",
        "device": "arm64",
        "osBuild": "macOS Version 15.1 (Build 24B83)",
        "accelerator": None,
        "rows": [row("cpu")],
        "passed": False,
    },
}


def record(report: Report, name: str, **changes: Any) -> Data:
    """What the SDK of a build's report would tell on one of `DEVICES`."""
    told = {**DEVICES[name], **changes}
    (sdk,) = (sdk for sdk in report.sdks if sdk.target == DEVICES[name]["target"])
    (file,) = (each for each in report.artifacts if (each.target, each.precision) == (sdk.target, sdk.precision))
    head = {"model": "digits", "version": "1.0", "sha256": file.sha256, "requiredSnrDb": 30, "passed": True}
    return copy.deepcopy({**head, **told})


@pytest.fixture
def build(digits: Build, tmp_path: Path) -> Path:
    """A copy of the digits build to import into."""
    return Path(shutil.copytree(digits.folder, tmp_path / "build"))


@pytest.fixture
def take(build: Path, tmp_path: Path) -> Callable[..., Report]:
    """Imports records into the copied build."""

    def run(*records: Data) -> Report:
        return import_results(written(tmp_path, *records), build)

    return run


def written(folder: Path, *records: Data) -> list[Path]:
    files = [folder / f"selftest-{number}.json" for number in range(len(records))]
    for file, data in zip(files, records, strict=True):
        file.write_text(json.dumps(data), "utf-8")
    return files


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_what_nobody_told_is_not_run(digits: Build) -> None:
    told = [(run.target, run.place, run.verdict) for run in digits.report.devices]
    assert told == [
        ("android_litert", "device", "not_run"),
        *(("ios_coreml", place, "not_run") for place in PLACES["ios"]),
    ]
    assert digits.report.verdict == "passed"
    page = (digits.folder / "report/index.html").read_text("utf-8")
    suites = (digits.folder / "report/junit.xml").read_text("utf-8")
    for text in (page, suites):
        assert "xcodebuild test" in text
        assert "deploykit parity --import selftest.json" in text
    assert "not run  ios_coreml fp16 on a Mac, the iOS simulator, a device" in digits.run.out


def test_records_of_both_platforms_stand_in_the_report(
    digits: Build, build: Path, tmp_path: Path, cli: Callable[..., Run]
) -> None:
    files = written(tmp_path, record(digits.report, "phone"), record(digits.report, "iphone"))
    before = contents(build)
    done = cli("parity", "--import", files[0], "--import", files[1], build)
    assert done.code == 0, done.err
    assert "passed  android_litert fp16 on the GPU: Google Pixel 9" in done.out
    assert "not run  ios_coreml fp16 on a Mac, the iOS simulator" in done.out
    report = Report.model_validate_json((build / "report/report.json").read_text("utf-8"))
    check_golden(GOLDEN / "devices.json", json.dumps([r.model_dump() for r in report.devices], indent=1) + "\n")
    page = (build / "report/index.html").read_text("utf-8")
    for text in ("iPhone17,1", "a &lt; b", "there is &lt;none&gt; here"):
        assert text in page
    cases = ElementTree.parse(build / "report/junit.xml").getroot().iter("testcase")
    found = {name: case for case in cases if "self-test" in (name := case.get("name", ""))}
    assert len(found) == 2 + 3 + 3
    skipped = {name for name, case in found.items() if case.find("skipped") is not None}
    assert {name.rpartition(", ")[2] for name in skipped} > {"npu", "neural_engine", "gpu"}
    after = contents(build)
    assert {name for name in before if after[name] != before[name]} == {
        f"report/{name}" for name in ("report.json", "index.html", "junit.xml")
    }


def test_importing_twice_gives_the_same_bytes(digits: Build, build: Path, take: Callable[..., Report]) -> None:
    records = [record(digits.report, name) for name in DEVICES]
    take(*records)
    once = contents(build)
    take(*records)
    assert contents(build) == once
    for each in reversed(records):
        take(each)
    assert contents(build) == once


@settings(max_examples=25, deadline=None)
@given(order=st.permutations([*DEVICES, *DEVICES]), cut=st.integers(0, 2 * len(DEVICES)))
def test_order_does_not_matter(digits: Build, order: list[str], cut: int) -> None:
    file = Path("selftest.json")
    given = [(file, SelfTest.model_validate_json(json.dumps(record(digits.report, name)))) for name in order]
    in_two = devices.take(devices.take(digits.report, given[:cut], digits.folder), given[cut:], digits.folder)
    sets = [(file, SelfTest.model_validate_json(json.dumps(record(digits.report, name)))) for name in DEVICES]
    assert in_two == devices.take(digits.report, sets, digits.folder)


def test_a_device_whose_accelerator_in_use_is_wrong_fails_the_build_until_it_is_right(
    digits: Build, build: Path, tmp_path: Path, take: Callable[..., Report], cli: Callable[..., Run]
) -> None:
    wrong = record(digits.report, "phone", rows=[row("gpu", **WRONG), row("cpu")], passed=False)
    done = cli("parity", "--import", *written(tmp_path, wrong), build)
    assert done.code == 1
    assert "it failed its own tests on Google Pixel 9" in done.out
    report = Report.model_validate_json((build / "report/report.json").read_text("utf-8"))
    assert report.verdict == "failed"
    assert 'type="self-test"' in (build / "report/junit.xml").read_text("utf-8")
    again = take(record(digits.report, "phone"))
    assert (again.verdict, [sdk.condemned for sdk in again.sdks]) == ("passed", ["", ""])
    assert len([run for run in again.devices if run.rows]) == 1


def test_a_closed_model_is_not_run(digits: Build, take: Callable[..., Report]) -> None:
    (run,) = (run for run in take(record(digits.report, "mac")).devices if run.rows)
    assert (run.place, run.verdict) == ("mac", "not_run")
    assert "was closed" in run.reason


MALFORMED: dict[str, tuple[Callable[[Data], object], str]] = {
    "an unknown key": (lambda d: d.update(note="x"), "note: "),
    "a key less": (lambda d: d.pop("osBuild"), "osBuild: Field required"),
    "a key of a row less": (lambda d: d["rows"][1].pop("warmMs"), "rows.1.warmMs: Field required"),
    "a number as text": (lambda d: d["rows"][2].update(snrDb="61"), "rows.2.snrDb: "),
    "not a number": (lambda d: d["rows"][1].update(snrDb=float("nan")), "rows.1.snrDb: "),
    "a negative time": (lambda d: d["rows"][1].update(coldMs=-1), "rows.1.coldMs: "),
    "an unknown accelerator": (lambda d: d["rows"][0].update(accelerator="tpu"), "rows.0.accelerator: "),
    "a hash that is none": (lambda d: d.update(sha256="x"), "sha256: "),
    "a text without end": (lambda d: d["rows"][0].update(error="x" * 30_000), "rows.0.error: "),
    "passed and did not run": (lambda d: d["rows"][1].update(error="x"), "rows.1: "),
    "passed with too little": (lambda d: d["rows"][1].update(snrDb=29.5), "rows.1 passed with 29.5 dB"),
    "a verdict that its rows deny": (lambda d: d.update(passed=False), "the rows of gpu say otherwise"),
}

OF_ANOTHER: dict[str, tuple[Callable[[Data], object], str]] = {
    "another model": (lambda d: d.update(sha256="0" * 64), f"its file has SHA-256 {'0' * 64}; of android_litert this"),
    "another target": (
        lambda d: d.update(target="android_x"),
        "of target android_x, and this build has android_litert",
    ),
    "no rows": (lambda d: d.update(rows=[], passed=False), "no test was run"),
}


@pytest.mark.parametrize("case", [*MALFORMED, *OF_ANOTHER])
def test_what_is_refused_leaves_the_build_as_it_was(
    case: str, digits: Build, build: Path, take: Callable[..., Report]
) -> None:
    spoil, words = (MALFORMED | OF_ANOTHER)[case]
    data = record(digits.report, "phone")
    spoil(data)
    before = contents(build)
    with pytest.raises(ImportedError) as error:
        take(record(digits.report, "iphone"), data)
    assert words in str(error.value)
    assert "nothing was imported" in str(error.value)
    assert "selftest-1.json" in str(error.value)
    assert contents(build) == before


def test_all_problems_are_told_at_once(digits: Build, take: Callable[..., Report]) -> None:
    phone = record(digits.report, "phone")
    with pytest.raises(ImportedError) as error:
        take(phone, phone | {"sha256": "0" * 64}, phone | {"requiredSnrDb": 20})
    assert "selftest-1.json: of another model" in str(error.value)
    assert "selftest-0.json tells of the same device, Google Pixel 9" in str(error.value)


def test_a_changed_artifact_is_refused(digits: Build, build: Path, take: Callable[..., Report]) -> None:
    for file in (build / "artifacts/android_litert/fp16").glob("*.tflite"):
        file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(ImportedError, match="is not the file that the report names any more; build again"):
        take(record(digits.report, "phone"))
