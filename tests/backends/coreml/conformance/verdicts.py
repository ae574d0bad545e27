"""From what happened to a case to what it says about the runner."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from tests.backends.coreml.conformance.cases import Result
from tests.backends.coreml.conformance.inapplicable import reason_for

FP16_TOLERANCE = 2.0**-8
"""Eight roundings to fp16; coremltools itself allows 0.05 and 0.5 where a whole program is fp16."""
_MISMATCH = "AssertionError: \nNot equal to tolerance"
# What a runner's own shortcoming looks like; no expected failure of Apple's runtime excuses it.
_OWN = ("UnsupportedOpsError", "ArtifactError", "RuntimeError: Unable to compute the prediction")


class Verdict(Enum):
    """`passed` is given only to a case in which the runner gave outputs that were then compared, or in which a
    test expects that it refuses the inputs and it did."""

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


def judge(results: Sequence[Result], tolerant: Sequence[Result]) -> list[Judged]:
    """Judges all results.

    Args:
        results: of the run proper.
        tolerant: of the cases that `mismatched` names, repeated with `FP16_TOLERANCE`.
    """
    near = {result.case for result in tolerant if result.outcome == "passed" and _executed(result)}
    return [_judge(result, result.case in near) for result in results]


def mismatched(results: Sequence[Result]) -> list[Result]:
    """The cases with fp16 values whose only fault is that numbers differ by more than the tolerance."""
    return [
        result
        for result in results
        if result.outcome == "failed" and result.message.startswith(_MISMATCH) and re.search("float16|fp16", result.id)
    ]


def _executed(result: Result) -> bool:
    # A test that passes although the runner refused the inputs is one that expects this.
    return (result.predictions > 0 and result.comparisons > 0) or result.refusals > 0


def _judge(result: Result, is_near: bool) -> Judged:
    if result.outcome == "passed":
        if _executed(result):
            return Judged(result, Verdict.PASSED)
        what = "predicts and compares nothing" if result.predictions else "predicts nothing"
        return Judged(result, Verdict.NOT_EXECUTED, f"the test {what}")
    if result.outcome == "skipped":
        return Judged(result, Verdict.NOT_EXECUTED, f"skipped by coremltools: {result.message}")
    if reason := reason_for(result):
        return Judged(result, Verdict.INAPPLICABLE, reason)
    if is_near:
        reason = f"fp16 values held to a tolerance for fp32; they agree to {FP16_TOLERANCE:.4f}"
        return Judged(result, Verdict.INAPPLICABLE, reason)
    if result.expected_failure and result.outcome == "failed" and not result.message.startswith(_OWN):
        return Judged(result, Verdict.INAPPLICABLE, f"coremltools expects it to fail: {result.expected_failure}")
    return Judged(result, Verdict.FAILED, result.message)
