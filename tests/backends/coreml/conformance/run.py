"""A run of the suite: collect, sample, execute, repeat fp16 values that differ, judge."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tests.backends.coreml.conformance.cases import Case, sample
from tests.backends.coreml.conformance.chunks import Settings, collect, execute
from tests.backends.coreml.conformance.verdicts import FP16_TOLERANCE, Judged, judge, mismatched


@dataclass(frozen=True, slots=True)
class Run:
    """What a run gave, and how many cases each suite has."""

    judged: list[Judged]
    available: Counter[str]


def run(
    paths: Sequence[str],
    sample_size: int,
    seed: int = 0,
    expression: str = "",
    broken: str | None = None,
    limit: int | None = None,
    progress: Callable[[str], None] = lambda text: None,
) -> Run:
    """Runs a seeded sample.

    Args:
        paths: test files and folders, relative to the root of the suites.
        sample_size: cases per test function.
        seed: of the sample and of the values that the tests draw.
        expression: pytest's -k.
        broken: an op to falsify.
        limit: the number of cases that are left of the whole sample, at random; None for all.
        progress: is told what goes on.
    """
    settings = Settings(seed=seed, broken=broken, expression=expression)
    counts = collect(paths, settings)
    available = Counter({Case(function, 0).suite: 0 for function in counts})
    for function, indices in counts.items():
        available[Case(function, 0).suite] += len(indices)
    cases = sample(counts, sample_size, seed)
    if limit is not None and limit < len(cases):
        chosen = set(random.Random(seed).sample(cases, limit))
        cases = [case for case in cases if case in chosen]
    progress(f"{sum(available.values())} cases, {len(cases)} of them sampled")
    results = execute(cases, settings, progress=lambda done: progress(f"{done} of {len(cases)}"))
    again = [result.case for result in mismatched(results)]
    progress(f"{len(again)} with fp16 values differ by more than their tolerance; repeated with a tolerance for fp16")
    tolerant = execute(again, replace(settings, tolerance=FP16_TOLERANCE)) if again else []
    return Run(judge(results, tolerant), available)
