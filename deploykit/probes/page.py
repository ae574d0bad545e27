"""The page of the docs: what each converter gets wrong, as markdown."""

from __future__ import annotations

from collections import defaultdict
from typing import get_args

from deploykit.probes.cases import THEMES
from deploykit.probes.known import cause
from deploykit.probes.results import OUTCOMES, Outcome, Record, Results, loudest_first
from deploykit.probes.show import cure, said, tally

_INTRODUCTION = """# What the converters get wrong

{count} one-op models, each an op with one set of parameters, through the roads below at fp32: exported,
lowered, the saved file read back and run, its outputs compared with eager PyTorch. A case is **right** above 100 dB
(or within 15 dB of PyTorch's own fp32 noise against fp64), and wrong below 60; integers and booleans have to be equal.
Core ML files are executed by deploykit's reference runner, not by Apple's runtime.

"Without" is the converter as deploykit calls it; "with" is after the exact rewrites that deploykit's road applies.
Repeat any line with `deploykit probe --road ROAD --case 'ID'`, and the page with
`deploykit probe {roads} --out deploykit/probes/known.json --markdown docs/probes.md`
(half a second of processor time a case and road).

Measured with {versions}.
"""


def page(results: Results) -> str:
    """The whole page."""
    count = len({item.case for item in results.records})
    versions = ", ".join(f"{name} {number}" for name, number in results.versions.items() if number != "not installed")
    roads = " ".join(f"--road {road}" for road in results.roads)
    parts = [
        _INTRODUCTION.format(count=count, versions=versions, roads=roads),
        _legend(),
        _counts(results),
        _themes(results),
    ]
    parts += [_wrong(results), _refused(results), _not_run(results)]
    return "\n".join(part for part in parts if part)


def _legend() -> str:
    return "\n".join(f"- **{name.replace('_', ' ')}**: {text}." for name, text in OUTCOMES.items()) + "\n"


def _counts(results: Results) -> str:
    rows = []
    for road in results.roads:
        for title, counts in zip(("without", "with"), tally(results, road), strict=True):
            if counts:
                rows.append([road, title, *(str(counts[outcome]) for outcome in get_args(Outcome))])
    return _table(["road", "rewrites", *(o.replace("_", " ") for o in get_args(Outcome))], rows)


def _themes(results: Results) -> str:
    """Right of all, per theme and road, with rewrites."""
    theme_of = {case.id: theme for theme, cases in THEMES.items() for case in cases}
    found: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for item in results.records:
        if item.case in theme_of:
            found[theme_of[item.case], item.road].append(item)
    rows = [
        [theme, *(_share(found[theme, road]) for road in results.roads)]
        for theme in THEMES
        if any(found[theme, road] for road in results.roads)
    ]
    return "\nRight of all, with rewrites:\n\n" + _table(["theme", *results.roads], rows)


def _share(records: list[Record]) -> str:
    right = sum(item.final.outcome == "right" for item in records)
    wrong = sum(item.final.outcome == "wrong" for item in records)
    return f"{right} of {len(records)}" + (f", **{wrong} wrong**" if wrong else "") if records else "–"


def _wrong(results: Results) -> str:
    rows = [
        [
            item.road,
            f"`{item.case}`",
            said(item.bare) if item.bare.outcome == "wrong" else item.bare.outcome.replace("_", " "),
            cause(item.road, item.case),
            cure(item),
        ]
        for item in loudest_first(results.records)
    ]
    if not rows:
        return ""
    return "\n## Wrong without a word\n\n" + _table(
        ["road", "case", "the file gives", "because", "with rewrites"], rows
    )


def _refused(results: Results) -> str:
    """Ids by road and reason: one missing op refuses many cases."""
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for item in results.records:
        if item.bare.outcome in ("refused", "crashed"):
            groups[item.road, _short(item.bare.reason), cure(item)].append(item.case)
    rows = [
        [
            road,
            ", ".join(f"`{case}`" for case in cases[:4]) + (f" and {len(cases) - 4} more" if len(cases) > 4 else ""),
            reason,
            cured,
        ]
        for (road, reason, cured), cases in sorted(groups.items(), key=lambda pair: (pair[0][0], -len(pair[1])))
    ]
    if not rows:
        return ""
    return "\n## Refused or crashed\n\n" + _table(["road", "cases", "reason", "with rewrites"], rows)


def _not_run(results: Results) -> str:
    rows = [
        [item.road, f"`{item.case}`", _short(item.bare.reason)]
        for item in results.records
        if item.bare.outcome == "not_run"
    ]
    return "\n## Not run\n\n" + _table(["road", "case", "reason"], rows) if rows else ""


def _short(reason: str) -> str:
    return reason[:160]


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"
