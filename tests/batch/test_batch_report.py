"""The report of a batch: goldens, whole, escaped, and the same bytes again."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from deploykit.batch.junit import junit
from deploykit.batch.page import html, page
from deploykit.batch.records import JobRecord, Made, Summary
from deploykit.batch.report import write
from deploykit.batch.words import headline
from deploykit.manifest import Verdict
from deploykit.precisions import Precision
from tests.golden_files import check_golden

GOLDEN = Path(__file__).parent / "golden" / "report"
HOSTILE = "<script>alert('x')</script>&\"\x1b[31m"


def made(
    target: str, precision: Precision, verdict: Verdict, snr: float | None, size: int | None = 60_000, *reasons: str
) -> Made:
    return Made(
        target=target,
        precision=precision,
        verdict=verdict,
        bytes=size,
        road="dynamo" if size else None,
        snr_db=snr,
        required_snr_db=None if snr is None else 70.0 if precision == "fp32" else 50.0,
        reasons=reasons,
    )


def job(name: str, verdict: Verdict, text: str, *artifacts: Made, **more: object) -> JobRecord:
    known = {"name": name, "source": f"timm:{name}", "verdict": verdict, "headline": text, "memory": 4.0}
    return JobRecord.model_validate({**known, "artifacts": artifacts, "log": f"report/logs/{name}.log", **more})


DIGITS = job(
    "digits",
    "passed",
    "All 3 artifacts compute what the PyTorch model computes.",
    made("ios_coreml", "fp16", "passed", 61.2),
    made("ios_coreml", "fp32", "passed", 138.2, 112_000),
    made("android_onnx", "fp32", "passed", 300.0, 111_000),
    parameters=27610,
    sdks=("android", "ios"),
    seconds=34.2,
    peak_bytes=1_900_000_000,
    folder="digits",
)
SHAKY = job(
    "shaky",
    "failed",
    "1 of 3 artifacts computes what the PyTorch model computes: 1 does not, 1 could not be made.",
    made("android_onnx", "fp32", "failed", 23.1, 6_100_000, "less than the required 70.0 dB"),
    made("android_onnx", "int8", "failed", None, None, "no road led to a file"),
    made("ios_coreml", "fp16", "not_run", None, 6_100_000, "no runner opened this artifact"),
    parameters=1_370_000,
    tries=2,
    seconds=134.2,
    folder="shaky",
)
WRONG = job("wrong", "failed", f"the factory raised {HOSTILE}\nsecond line")
LATER = job("later", "not_run", "Dask at tcp://a:8786 was lost", tries=0, log=None)

BATCHES = {
    "mixed": Summary(verdict="failed", jobs=(DIGITS, SHAKY, WRONG, LATER), version="0.1.0"),
    "good": Summary(verdict="passed", jobs=(DIGITS,), version="0.1.0"),
}


class Whole(HTMLParser):
    """Checks that tags close in order; keeps links and places."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.places.add(known.get("id") or "")
        if tag == "a":
            self.links.append(known["href"] or "")
        if tag not in ("meta", "rect"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", BATCHES)
def test_junit_golden(name: str) -> None:
    """Rewrite with DEPLOYKIT_GOLDEN=write, then read the difference."""
    check_golden(GOLDEN / f"{name}.junit.xml", junit(BATCHES[name]))


def test_junit_counts_every_artifact_and_every_job_without_one() -> None:
    root = ElementTree.fromstring(junit(BATCHES["mixed"]))
    assert [suite.get("name") for suite in root] == ["digits", "shaky", "wrong", "later"]
    counts = [root.get(name) for name in ("tests", "failures", "errors", "skipped")]
    assert counts == ["8", "1", "2", "2"]


@pytest.mark.parametrize("name", BATCHES)
def test_the_page_is_whole_and_escaped(name: str) -> None:
    text = html(BATCHES[name])
    found = Whole(text.replace("/>", ">"))
    assert "<script" not in text
    assert "\x1b" not in text
    assert {link for link in found.links if link.startswith("#")} <= {f"#{place}" for place in found.places}
    assert "../digits/report/index.html" in found.links
    assert html(BATCHES[name]) == text


def test_the_page_tells_of_every_job_and_artifact() -> None:
    text = html(BATCHES["mixed"])
    for words in ("1 of 4 models passed: 2 failed, 1 not run.", "begun 2 times", "less than the required", "wrong was"):
        assert words in text
    assert page(BATCHES["mixed"]).columns == {"android_onnx": ("fp32", "int8"), "ios_coreml": ("fp32", "fp16")}


def test_headlines() -> None:
    assert headline(BATCHES["good"]) == "1 model passed"
    assert headline(Summary(verdict="passed", jobs=(DIGITS, DIGITS), version="")) == "All 2 models passed"
    assert headline(Summary(verdict="failed", jobs=(WRONG,), version="")) == "None of 1 model passed: 1 failed"


def test_what_is_written_can_be_read_again(tmp_path: Path) -> None:
    write(tmp_path, BATCHES["mixed"])
    assert Summary.model_validate_json((tmp_path / "report.json").read_text()) == BATCHES["mixed"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.html", "junit.xml", "report.json"]
