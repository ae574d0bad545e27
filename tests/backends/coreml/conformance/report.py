"""The results as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tests.backends.coreml.conformance.verdicts import Judged, Verdict


def markdown(judged: Sequence[Judged], available: Counter[str], title: str) -> str:
    """The table by suite, the reasons with their counts, and every failure."""
    lines = [f"# {title}", "", *_totals(judged, available)]
    for verdict in (Verdict.INAPPLICABLE, Verdict.NOT_EXECUTED):
        lines += ["", f"## {verdict.value.capitalize()}, by reason", "", *_reasons(judged, verdict)]
    lines += ["", "## Failures", "", *_failures(judged)]
    return "\n".join(lines) + "\n"


def _totals(judged: Sequence[Judged], available: Counter[str]) -> Iterator[str]:
    yield f"| suite | cases | sampled | {' | '.join(verdict.value for verdict in Verdict)} |"
    yield f"|---|---{'|---' * (len(Verdict) + 1)}|"
    suites = sorted({item.result.case.suite for item in judged})
    for suite in [*suites, "**all**"]:
        chosen = [item for item in judged if suite in (item.result.case.suite, "**all**")]
        counts = Counter(item.verdict for item in chosen)
        total = available[suite] if suite in available else sum(available.values())
        yield f"| {suite} | {total} | {len(chosen)} | {' | '.join(str(counts[verdict]) for verdict in Verdict)} |"
    surprising = sum(item.verdict is Verdict.PASSED and bool(item.result.expected_failure) for item in judged)
    if surprising:
        yield ""
        yield f"{surprising} of those that passed are expected to fail on Apple's runtime, by coremltools' own marks."


def _reasons(judged: Sequence[Judged], verdict: Verdict) -> Iterator[str]:
    counts = Counter(item.reason for item in judged if item.verdict is verdict)
    yield "| cases | reason |"
    yield "|---|---|"
    for reason, count in counts.most_common():
        yield f"| {count} | {_cell(reason)} |"


def _failures(judged: Sequence[Judged]) -> Iterator[str]:
    failures = [item for item in judged if item.verdict is Verdict.FAILED]
    if not failures:
        yield "None."
        return
    yield "| test | cases | first id | failure |"
    yield "|---|---|---|---|"
    functions = Counter(item.result.function for item in failures)
    for function, count in functions.most_common():
        first = next(item for item in failures if item.result.function == function)
        parameters = first.result.id.removeprefix(function)
        yield f"| {function} | {count} | {_cell(parameters)} | {_cell(first.reason)} |"


def _cell(text: str) -> str:
    return " ".join(text.split())[:300].replace("|", "\\|")
