"""The cases that say nothing about the reference runner, each with its reason.

An entry applies only to a case that failed, by the test function *and* by the failure, so that it can hide no other
failure of the same function, and none of another function.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.backends.coreml.conformance.cases import Result


@dataclass(frozen=True, slots=True)
class Inapplicable:
    """An entry: regular expressions, both searched for; `function` in pytest's id of the case."""

    reason: str
    function: str
    failure: str

    def covers(self, result: Result) -> bool:
        return bool(re.search(self.function, result.id) and re.search(self.failure, result.message, re.DOTALL))


TABLE: tuple[Inapplicable, ...] = (
    Inapplicable("a NeuralNetwork model, no ML Program", "", r"^TypeError: \.mlmodel is no ML Program"),
)


def reason_for(result: Result) -> str | None:
    """Why a failed case is inapplicable, or None if it is a failure."""
    return next((entry.reason for entry in TABLE if entry.covers(result)), None)
