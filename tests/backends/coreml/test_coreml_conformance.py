"""A tiny part of coremltools' own tests, on the reference runner; all of it is `python -m …conformance`."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.backends.coreml.conformance.cases import OP_SUITES, Result, sample
from tests.backends.coreml.conformance.inapplicable import TABLE
from tests.backends.coreml.conformance.run import run
from tests.backends.coreml.conformance.verdicts import Verdict, judge

# iOS 14's test files have most of the cases: collecting them alone takes longer than to run these.
NEWER = [path for name, path in OP_SUITES.items() if name != "iOS14"]


def test_a_sample_of_the_newer_opsets_passes() -> None:
    done = run(NEWER, sample_size=3, seed=1, limit=40)
    failed = {item.result.id: item.reason for item in done.judged if item.verdict is Verdict.FAILED}
    assert failed == {}
    counts = Counter(item.verdict for item in done.judged)
    assert sum(counts.values()) == 40
    assert counts[Verdict.PASSED] >= 15


def test_a_wrong_op_is_seen() -> None:
    """Without this a comparison that never happens would look like success."""
    path = f"{OP_SUITES['iOS17']}/test_activation.py"
    done = run([path], sample_size=2, expression="leaky_relu", broken="leaky_relu")
    counts = Counter(item.verdict for item in done.judged)
    assert counts[Verdict.FAILED] > 0
    assert counts[Verdict.PASSED] == 0
    assert all("Not equal to tolerance" in item.reason for item in done.judged if item.verdict is Verdict.FAILED)


def result(**values: Any) -> Result:
    given: dict[str, Any] = (
        {"outcome": "passed", "message": "", "predictions": 1, "refusals": 0, "comparisons": 1}
        | {"expected_failure": ""}
        | values
    )
    function = f"{OP_SUITES['iOS14']}/test_linear.py::TestLinear::test_smoke"
    return Result(function=function, index=0, id=f"{function}[a]", seconds=0.1, **given)


MISMATCH = "AssertionError: \nNot equal to tolerance rtol=1e-05, atol=0.0001"


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({}, Verdict.PASSED),
        ({"predictions": 0, "comparisons": 0}, Verdict.NOT_EXECUTED),
        ({"comparisons": 0}, Verdict.NOT_EXECUTED),
        ({"predictions": 0, "comparisons": 0, "refusals": 1}, Verdict.PASSED),
        ({"outcome": "skipped", "message": "needs a GPU"}, Verdict.NOT_EXECUTED),
        ({"outcome": "failed", "message": MISMATCH}, Verdict.FAILED),
        ({"outcome": "crashed", "message": "the process ended with -11", "expected_failure": "a bug"}, Verdict.FAILED),
        ({"outcome": "failed", "message": MISMATCH, "expected_failure": "rdar://1"}, Verdict.INAPPLICABLE),
        ({"outcome": "failed", "message": "ArtifactError: no", "expected_failure": "rdar://1"}, Verdict.FAILED),
    ],
)
def test_a_verdict_needs_a_comparison(values: dict[str, object], verdict: Verdict) -> None:
    assert [item.verdict for item in judge([result(**values)], [])] == [verdict]


def test_rounding_excuses_only_a_case_that_agrees_within_it() -> None:
    failed = result(outcome="failed", message=MISMATCH)
    assert judge([failed], [result()])[0].verdict is Verdict.INAPPLICABLE
    assert judge([failed], [result(comparisons=0)])[0].verdict is Verdict.FAILED
    assert judge([failed], [failed])[0].verdict is Verdict.FAILED


def test_no_entry_of_the_table_excuses_every_failure() -> None:
    anything = result(outcome="failed", message=MISMATCH)
    assert [entry.reason for entry in TABLE if entry.covers(anything)] == []


def test_a_sample_of_a_function_does_not_depend_on_the_others() -> None:
    one, both = {"a": list(range(50))}, {"b": list(range(9)), "a": list(range(50))}
    assert [case for case in sample(both, 5, seed=3) if case.function == "a"] == sample(one, 5, seed=3)
    assert sample(one, 5, seed=3) != sample(one, 5, seed=4)
