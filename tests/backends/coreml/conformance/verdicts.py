"""From what happened to a case to what it says about the runner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from tests.backends.coreml.conformance.cases import Result
from tests.backends.coreml.conformance.inapplicable import reason_for

_MISMATCH = "AssertionError: \nNot equal to tolerance"


class Verdict(Enum):
    """`passed` is given only to a case in which the runner gave outputs that NumPy then compared."""

    PASSED = "passed"
    FAILED = "failed"
    INAPPLICABLE = "inapplicable"
    NOT_EXECUTED = "not executed"


@dataclass(frozen=True, slots=True)
class Judged:
    """A result with its verdict and the reason for it."""

    result: Result
    verdict: Verdict
    reason: str = ""


def judge(results: Sequence[Result], without_rounding: Sequence[Result]) -> list[Judged]:
    """Judges all results.

    Args:
        results: of the run proper, in mode "rounded".
        without_rounding: of the cases that `mismatched` names, in mode "unrounded": those that pass fail in the run
            proper only because they compare fp16 values with a tolerance made for fp32.
    """
    exact = {result.case for result in without_rounding if _executed(result) and result.outcome == "passed"}
    return [_judge(result, result.case in exact) for result in results]


def mismatched(results: Sequence[Result]) -> list[Result]:
    """The cases whose only fault is that values differ by more than the tolerance."""
    return [result for result in results if result.outcome == "failed" and result.message.startswith(_MISMATCH)]


def _executed(result: Result) -> bool:
    return result.predictions > 0 and result.comparisons > 0


def _judge(result: Result, passes_unrounded: bool) -> Judged:
    if result.outcome == "passed":
        if _executed(result):
            return Judged(result, Verdict.PASSED)
        what = "predicts and compares nothing" if result.predictions else "predicts nothing"
        return Judged(result, Verdict.NOT_EXECUTED, f"the test {what}")
    if result.outcome == "skipped":
        return Judged(result, Verdict.NOT_EXECUTED, f"skipped by coremltools: {result.message}")
    if reason := reason_for(result):
        return Judged(result, Verdict.INAPPLICABLE, reason)
    if passes_unrounded:
        reason = "fp16 values held to a tolerance for fp32; passes when the runner does not round to fp16"
        return Judged(result, Verdict.INAPPLICABLE, reason)
    if result.expected_failure and result.outcome == "failed":
        return Judged(result, Verdict.INAPPLICABLE, f"coremltools expects it to fail: {result.expected_failure}")
    return Judged(result, Verdict.FAILED, result.message)
