"""JUnit: a golden, counts that add up, and any text at all."""

from __future__ import annotations

import os
from pathlib import Path
from xml.etree import ElementTree

import pytest
import report_cases
from hypothesis import given, settings
from hypothesis import strategies as st

from deploykit.report.junit import junit

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", ["mixed", "devices", "empty"])
def test_golden(name: str) -> None:
    """Rewrite with DEPLOYKIT_GOLDEN=write, then read the difference."""
    path = GOLDEN / f"{name}.junit.xml"
    made = junit(getattr(report_cases, name)())
    if os.environ.get("DEPLOYKIT_GOLDEN") == "write":
        path.write_text(made, encoding="utf-8")
    assert made == path.read_text(encoding="utf-8")


def test_counts_add_up_and_each_comparison_is_a_case() -> None:
    report = report_cases.mixed()
    root = ElementTree.fromstring(junit(report))
    suites = root.findall("testsuite")
    assert [suite.get("name") for suite in suites] == list(dict.fromkeys(a.target for a in report.artifacts))
    gates = [gate for artifact in report.artifacts for gate in artifact.gates]
    # One target × precision has no artifact, which is a case, too.
    assert len(root.findall(".//testcase")) == len(report.parity) + len(gates) + 1
    for attribute, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        for element in (root, *suites):
            assert element.get(attribute) == str(len(element.findall(f".//{tag}")))
    verdicts = [p.verdict for p in (*report.parity, *gates)]
    assert root.get("failures") == str(verdicts.count("failed"))
    assert root.get("skipped") == str(verdicts.count("not_run"))
    assert root.get("errors") == "1"


def test_case_names_are_unique_and_numbers_survive() -> None:
    report = report_cases.mixed()
    root = ElementTree.fromstring(junit(report))
    names = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert len(names) == len(set(names))
    case = next(
        c
        for c in root.iter("testcase")
        if c.get("name") == "fp16 onnxruntime samples" and c.get("classname") == "ios_onnx"
    )
    failure = case.find("failure")
    assert failure is not None
    assert "28.9 dB" in (failure.get("message") or "")
    properties = {p.get("name"): p.get("value") for p in case.iter("property")}
    assert properties["snr_db"] == "28.9"
    assert properties["top1_accuracy"] == "0.9194"


def test_where_a_gpu_ran_is_a_property() -> None:
    root = ElementTree.fromstring(junit(report_cases.on_gpu()))
    found = [p.get("value", "") for p in root.iter("property") if p.get("name") == "gpu"]
    assert len(found) == 8
    assert "SwiftShader Device (Subzero), in software; fully accelerated" in found
    notes = [p.get("value") for p in root.iter("property") if p.get("name") == "note"]
    assert notes.count("LiteRT's GPU engine: the same shaders, not the phone's driver") == 8
    assert root.get("failures") == "0"
    left = [case.get("message", "") for case in root.iter("skipped")]
    assert len(left) == 1
    assert left[0].startswith("failed on the GPU: less than the required 48.6 dB")


def test_an_artifact_that_nothing_looked_at_is_skipped() -> None:
    bare = tuple(artifact.model_copy(update={"gates": ()}) for artifact in report_cases.good().artifacts)
    report = report_cases.good().model_copy(update={"parity": (), "artifacts": bare})
    root = ElementTree.fromstring(junit(report))
    assert root.get("skipped") == root.get("tests") == "10"


@settings(max_examples=60, deadline=None)
@given(text=st.text(alphabet=st.characters(exclude_categories=()), max_size=40))
def test_any_text_makes_valid_xml(text: str) -> None:
    report = report_cases.mixed()
    parity = [p.model_copy(update={"reason": text, "runner": text, "metric": {text: 1.0}}) for p in report.parity[:3]]
    artifacts = (report.artifacts[3].model_copy(update={"target": text, "log": text}), report.artifacts[9])
    made = junit(report.model_copy(update={"parity": tuple(parity), "artifacts": artifacts, "host": text}))
    ElementTree.fromstring(made.encode("utf-8"))


def test_hostile_report() -> None:
    ElementTree.fromstring(junit(report_cases.hostile()).encode("utf-8"))
