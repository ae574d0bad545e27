"""The checked-in page of the zoo is of the checked-in figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.zoo.page import PAGE, page
from deploykit.batch.records import Made
from deploykit.manifest import Verdict
from deploykit.zoo.catalogue import entries
from deploykit.zoo.measured import Measured, MeasuredArtifact, OnAccelerator, all_measured
from deploykit.zoo.sdks import all_sdks

ROOT = Path(__file__).parents[2]
RIGHT = Made(
    target="android_litert",
    precision="fp32",
    verdict="passed",
    bytes=1000,
    road="litert-torch",
    snr_db=120.0,
    required_snr_db=70.0,
    reasons=(),
)


def test_the_page_is_that_of_what_was_measured() -> None:
    assert (ROOT / PAGE).read_text("utf-8") == page(entries(), all_measured(), all_sdks())


def test_figures_are_of_networks_that_there_are() -> None:
    names = {entry.name for entry in entries()}
    assert all_measured().keys() <= names
    assert all_sdks().keys() <= names


def test_what_is_not_passed_is_told_with_its_reason() -> None:
    found = all_measured()
    told = (
        page(entries(), found, all_sdks())
        .partition("## Not passed, and why")[2]
        .partition("## Right on the CPU, wrong")[0]
    )
    wrong = {name for name, each in found.items() if not each.passed}
    assert {line.split("`")[1] for line in told.splitlines() if line.startswith("- `")} == wrong
    silent = [name for name in wrong if not reasons(found[name])]
    assert not silent


def test_a_build_that_failed_is_no_pass() -> None:
    failed = Measured(failed="it ended with exit code 2")
    assert not failed.passed
    every = entries()[:1]
    assert f"- `{every[0].name}`: it ended with exit code 2" in page(every, {every[0].name: failed}, {})


@pytest.mark.parametrize(
    ("verdict", "snr_db", "shown"), [("passed", 91.2, "91"), ("failed", 1.5, "✗ 2"), ("not_run", None, "not run")]
)
def test_what_the_gpu_computed_is_told_beside_the_verdict(verdict: Verdict, snr_db: float | None, shown: str) -> None:
    reasons = () if verdict == "passed" else ("the driver said so",)
    made = MeasuredArtifact(
        **RIGHT.model_dump(), ran={"gpu": OnAccelerator(verdict=verdict, snr_db=snr_db, reasons=reasons)}
    )
    every = entries()[:1]
    told = page(every, {every[0].name: Measured(artifacts=(made,))}, {})
    assert f"| 120 / not built | not built / not built | not built / not built | {shown} / not run |" in told
    ran = int(verdict != "not_run")
    assert f"ran {ran} of their 1 LiteRT files, {int(verdict == 'passed')} of them right" in told
    wrong = f"- `{every[0].name}`, android_litert fp32: the driver said so\n"
    assert (wrong in told) == (verdict == "failed")
    assert "Every artifact that was measured passed." in told


def reasons(measured: Measured) -> list[str]:
    return [measured.failed] if measured.failed else [text for each in measured.artifacts for text in each.reasons]
