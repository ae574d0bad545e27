"""What `deploykit probe` prints: counts per road, then every silently wrong case, loudest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import get_args

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from deploykit.probes.results import Finding, Outcome, Record, Results, loudest_first

STYLES: dict[Outcome, str] = {
    "right": "green",
    "rough": "yellow",
    "wrong": "bold red",
    "refused": "yellow",
    "crashed": "red",
    "not_run": "dim",
}


def summary(results: Results) -> RenderableType:
    """The whole end of the command."""
    parts: list[RenderableType] = [_counts(results)]
    if wrong := loudest_first(results.records):
        parts += [Text(), Text(f"Wrong without a word, {len(wrong)}:", style="bold red"), _wrong(wrong)]
    if loud := [item for item in results.records if item.final.outcome in ("refused", "crashed")]:
        parts += [Text(), Text(f"Refused or crashed, {len(loud)}:"), _refused(loud)]
    return Group(*parts)


def tally(results: Results, road: str) -> tuple[Counter[Outcome], Counter[Outcome]]:
    """How many cases of each outcome, without the road's rewrites and with them."""
    records = [item for item in results.records if item.road == road]
    return Counter(item.bare.outcome for item in records), Counter(item.final.outcome for item in records)


def said(finding: Finding) -> str:
    """What a wrong file gives, in a few words: "2.4 dB" where there is one output."""
    return finding.reason.removeprefix("y0: ").removeprefix("y0 is ")


def cure(item: Record) -> str:
    """What makes it right, in words."""
    if item.final.outcome == "right" and item.rewritten is not None:
        return f"cured: {', '.join(item.rewrites)}"
    if item.cure:
        return f"would be cured by: {', '.join(item.cure)}"
    if item.rewritten is not None:
        return f"{item.rewritten.outcome} with: {', '.join(item.rewrites)}"
    return ""


def _counts(results: Results) -> Table:
    table = Table("road", "rewrites", box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for outcome in get_args(Outcome):
        table.add_column(outcome.replace("_", " "), justify="right")
    for road in results.roads:
        for title, counts in zip(("without", "with"), tally(results, road), strict=True):
            if counts:
                cells = [Text(str(counts[o]), style=STYLES[o] if counts[o] else "dim") for o in get_args(Outcome)]
                table.add_row(road if title == "without" else "", title, *cells)
    return table


def _wrong(records: Sequence[Record]) -> Table:
    table = _columns("road", "case", "gives", "")
    for item in records:
        worst = item.final if item.final.outcome == "wrong" else item.bare
        table.add_row(Text(item.road), Text(item.case), Text(said(worst)), Text(cure(item)))
    return table


def _refused(records: Sequence[Record]) -> Table:
    table = _columns("road", "case", "reason")
    for item in records:
        table.add_row(Text(item.road), Text(item.case), Text(cure(item) or item.final.reason[:100]))
    return table


def _columns(*titles: str) -> Table:
    """Ids are one long word: they are folded, never cut, for they are to be copied."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for title in titles:
        table.add_column(title, overflow="fold")
    return table
