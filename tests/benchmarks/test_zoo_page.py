"""The checked-in page of the zoo is of the checked-in figures."""

from __future__ import annotations

from pathlib import Path

from benchmarks.zoo.page import PAGE, page
from deploykit.zoo.catalogue import entries
from deploykit.zoo.measured import Measured, all_measured
from deploykit.zoo.sdks import all_sdks

ROOT = Path(__file__).parents[2]


def test_the_page_is_that_of_what_was_measured() -> None:
    assert (ROOT / PAGE).read_text("utf-8") == page(entries(), all_measured(), all_sdks())


def test_figures_are_of_networks_that_there_are() -> None:
    names = {entry.name for entry in entries()}
    assert all_measured().keys() <= names
    assert all_sdks().keys() <= names


def test_what_is_not_passed_is_told_with_its_reason() -> None:
    found = all_measured()
    told = page(entries(), found, all_sdks()).partition("## Not passed, and why")[2]
    wrong = {name for name, each in found.items() if not each.passed}
    assert {line.split("`")[1] for line in told.splitlines() if line.startswith("- `")} == wrong
    silent = [name for name in wrong if not reasons(found[name])]
    assert not silent


def test_a_build_that_failed_is_no_pass() -> None:
    failed = Measured(failed="it ended with exit code 2")
    assert not failed.passed
    every = entries()[:1]
    assert f"- `{every[0].name}`: it ended with exit code 2" in page(every, {every[0].name: failed}, {})


def reasons(measured: Measured) -> list[str]:
    return [measured.failed] if measured.failed else [text for each in measured.artifacts for text in each.reasons]
