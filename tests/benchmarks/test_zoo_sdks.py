"""The SDKs of the zoo's networks: which are tried, what a compiler's complaint costs, and what is told of them."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from rich.console import Console

from benchmarks.zoo.page import page
from benchmarks.zoo.sdks import choice, kotlin, swift
from benchmarks.zoo.sdks.together import compile_all
from deploykit.devices import SelfTest
from deploykit.zoo import sdks, show
from deploykit.zoo.catalogue import find
from deploykit.zoo.sdks import NetworkSdks, SdkRun, of_self_test

NETWORKS = ("blazeface", "facenet", "laptop-diff")
"""Two of a task, and the only one of another."""


def test_the_smallest_of_a_task_that_has_both_sdks_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    why = {"blazeface": "", "facenet": "", "laptop-diff": "not built"}
    monkeypatch.setattr(choice, "lacks", lambda build: why[build.name])
    for name, folder, size in (("blazeface", "ios", 9), ("facenet", "ios", 3), ("facenet", "android", 5)):
        (tmp_path / name / folder).mkdir(parents=True)
        (tmp_path / name / folder / "model").write_bytes(bytes(size))
    entries = find(NETWORKS)
    assert choice.choose(entries, tmp_path) == (("facenet",), {"laptop-diff": "not built"})
    why |= {"facenet": "no Swift SDK: it is wrong"}
    assert choice.choose(entries, tmp_path) == (("blazeface",), {"laptop-diff": "not built"})
    why |= {"blazeface": "not built"}
    assert choice.choose(entries, tmp_path) == ((), why)


def test_a_folder_without_a_report_is_no_build(tmp_path: Path) -> None:
    (tmp_path / "android").mkdir()
    assert choice.lacks(tmp_path) == "not built"


def output(*lines: str) -> CompletedProcess[str]:
    return CompletedProcess((), int(bool(lines)), "\n".join(lines), "")


def test_what_does_not_compile_is_left_out_and_the_others_compiled_again() -> None:
    runs: list[list[str]] = []

    def run(names: Sequence[str]) -> CompletedProcess[str]:
        runs.append(list(names))
        return output("b/x: first", "b/y: second", "z/x: no SDK") if "b" in names else output()

    complaint = re.compile(r"(?P<name>\w)/(?P<text>.+)")
    assert compile_all(["a", "b", "c"], run, complaint) == {"b": "does not compile: x: first"}
    assert runs == [["a", "b", "c"], ["a", "c"]]
    with pytest.raises(RuntimeError, match="no disk"):
        compile_all(["a"], lambda _: output("no disk"), complaint)


def test_complaints_of_both_compilers_are_understood() -> None:
    told = "[ERROR] file:///tmp/w/kotlin/sources/library/ai.deploykit.srcnn/ai/x/Model.kt:3:9 Unresolved reference 'y'."
    match = kotlin.COMPLAINT.search(f"noise\n{told}\n")
    assert match
    assert match.groups() == ("ai.deploykit.srcnn", "ai/x/Model.kt:3:9 Unresolved reference 'y'.")
    told = "/work/coreml/pp-lcnet/Sources/PpLcnet/Model.swift:3:9: error: cannot find 'y' in scope"
    match = swift.COMPLAINT.search(f"noise\n{told}\n")
    assert match
    assert match.groups() == ("pp-lcnet", "Sources/PpLcnet/Model.swift:3:9: error: cannot find 'y' in scope")


def row(**changes: Any) -> dict[str, Any]:
    figures = {"accelerator": "cpu", "test": "t", "passed": True, "maxError": 0.00012345, "snrDb": 80.04, "error": None}
    return figures | {"coldMs": 2.0, "warmMs": 1.0} | changes


def self_test(*rows: dict[str, Any]) -> SelfTest:
    told = {"target": "android_litert", "model": "m", "version": "1.0", "sha256": "3f" * 32, "engine": "litert"}
    told |= {"device": "JVM", "osBuild": "x", "requiredSnrDb": 30.0, "accelerator": "cpu"}
    passed = all(each["passed"] for each in rows if each["accelerator"] == "cpu")
    return SelfTest.model_validate(told | {"passed": passed, "rows": rows})


GPU = row(accelerator="gpu", passed=False, maxError=None, snrDb=None, error="there is no GPU")


def test_only_the_cpu_counts_and_the_worst_golden() -> None:
    run = of_self_test(self_test(GPU, row(), row(maxError=0.0, snrDb=None)))
    assert run == SdkRun(right=2, goldens=2, snr_db=80.0, max_error=0.000123)
    assert run.passed
    assert show.goldens(run) == "✓ 2 of 2, 80.0 dB, off by 1.2×10⁻⁴"
    wrong = of_self_test(self_test(row(), row(passed=False, snrDb=-3.0, maxError=7.0), GPU))
    assert not wrong.passed
    assert show.goldens(wrong) == "✗ 1 of 2, -3.0 dB, off by 7"
    assert not SdkRun(failed="does not compile: x").passed


def test_what_was_found_is_written_and_shown() -> None:
    found = {
        "facenet": NetworkSdks(kotlin=SdkRun(right=1, goldens=1, max_error=0.0), swift=SdkRun(failed="a | b")),
        "laptop-diff": NetworkSdks(absent="not built"),
    }
    assert sdks.read(sdks.write(found)) == found
    written = page(find(NETWORKS), {}, found)
    assert "| face | `facenet` | ✓ 1 of 1, equal | ✗ a \\| b |\n" in written
    assert "| diffusion | not measured | `laptop-diff`: not built | |\n" in written


def test_a_network_s_page_has_its_sdks() -> None:
    entry = find(["portiloop"])[0]
    console = Console(record=True, width=100, file=io.StringIO())
    console.print(show.page(entry, None, NetworkSdks(kotlin=SdkRun(right=1, goldens=1, snr_db=75.0, max_error=2e-5))))
    console.print(show.page(entry, None, NetworkSdks(absent="not built")))
    (line,) = (line for line in console.export_text().splitlines() if "goldens" not in line and "LiteRT" in line)
    assert line.split("  ")[0] == "Kotlin, LiteRT"
    assert line.rstrip().endswith("✓ 1 of 1, 75.0 dB, off by 2.0×10⁻⁵")
