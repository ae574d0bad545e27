"""What every accelerator of a file's format takes of it: verdicts, parts, cuts, and its share of the multiply-adds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from deploykit.accelerators import partition
from deploykit.accelerators.judge import HIGHEST, judge
from deploykit.accelerators.macs import macs
from deploykit.accelerators.tables import Level, Table, all_tables
from deploykit.coverage import LEFT, REFUSED, TAKEN, UNKNOWN, AcceleratorCoverage, Coverage, PlacedOp, Refusal
from deploykit.opgraph import Answer, Evidence, Graph, Verdict

PLACES = 3
"""Of the lines that a refusal comes from, so many are told."""

LETTERS = {"taken": TAKEN, "not taken": REFUSED, "unknown": UNKNOWN}


@dataclass(frozen=True)
class _Judged:
    """An accelerator with its verdicts, and where they come from."""

    name: str
    title: str
    evidence: Evidence
    source: str
    version: str
    limit: int
    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...]


def analyse(graph: Graph, answers: Iterable[Answer] = (), origins: Mapping[str, str] | None = None) -> Coverage:
    """What all accelerators of the graph's format take of it.

    Args:
        graph: of a saved file.
        answers: of runtimes and vendors' tools that were asked; each stands for the table of its accelerator.
        origins: the name of an op's output → its line in the model.
    """
    said = {answer.accelerator: answer for answer in answers}
    placed = tuple(
        PlacedOp(op=op.op, name=op.name, macs=macs(graph.format, op), origin=(origins or {}).get(op.name, ""))
        for op in graph.ops
    )
    found = [
        judged
        for table in all_tables().values()
        if table.format == graph.format
        for judged in ([_asked(graph, table, said[table.name])] if table.name in said else _looked_up(graph, table))
    ]
    before = [op.before for op in graph.ops]
    return Coverage(
        ops=placed,
        macs=sum(op.macs for op in placed),
        accelerators=tuple(_covered(judged, placed, before) for judged in found),
        notes=graph.notes,
    )


def _asked(graph: Graph, table: Table, answer: Answer) -> _Judged:
    """A tool's answer. Where it speaks of some ops of a type without saying which, the table says which."""
    verdicts, notes = _settled(graph, table, answer.verdicts), answer.notes
    part = partition.parts([op.before for op in graph.ops], [verdict.kind == "taken" for verdict in verdicts])
    kept = partition.kept(part, table.partitions)
    found = sum(number in kept for number in part)
    if answer.counted is not None and answer.counted != found:
        notes = (*notes, f"it says itself that it takes {answer.counted} ops, {found} are told here")
    return _Judged(
        table.name, table.title, answer.evidence, answer.source, answer.version, table.partitions, verdicts, notes
    )


def _settled(graph: Graph, table: Table, verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """Verdicts of a tool, those of which it is not known which ops they mean decided by the table, if it can."""
    if not any(verdict.kind == "unknown" for verdict in verdicts):
        return verdicts
    looked_up = judge(graph, table, HIGHEST)
    pairs = list(zip(graph.ops, verdicts, looked_up, strict=True))
    decided = {op.op for op, said, known in pairs if said.kind == "unknown" and known.kind == "not taken"}
    return tuple(
        said
        if said.kind != "unknown" or op.op not in decided
        else Verdict("not taken", said.reason)
        if known.kind == "not taken"
        else Verdict("taken")
        for op, said, known in pairs
    )


def _looked_up(graph: Graph, table: Table) -> list[_Judged]:
    """What a table says; neighbouring feature levels that say the same are one."""

    def judged(title: str, verdicts: tuple[Verdict, ...]) -> _Judged:
        folklore = any(verdict.folklore for verdict in verdicts)
        evidence: Evidence = "folklore" if folklore else table.evidence
        return _Judged(
            table.name, title, evidence, table.source, table.version, table.partitions, verdicts, table.notes
        )

    if not table.levels:
        return [judged(table.title, judge(graph, table, HIGHEST))]
    by_level = [(level, judge(graph, table, level.level)) for level in table.levels]
    found = []
    for _, group in groupby(by_level, key=lambda pair: tuple(verdict.kind for verdict in pair[1])):
        same = list(group)
        found.append(judged(f"{table.title}, {_span([level for level, _ in same])}", same[-1][1]))
    return found


def _span(levels: list[Level]) -> str:
    first, last = levels[0], levels[-1]
    if first is last:
        return f"level {first.level} ({first.title})"
    titles = first.title if first.title == last.title else f"{first.title} to {last.title}"
    return f"levels {first.level} to {last.level} ({titles})"


def _covered(judged: _Judged, ops: tuple[PlacedOp, ...], before: list[tuple[int, ...]]) -> AcceleratorCoverage:
    verdicts = judged.verdicts
    part = partition.parts(before, [verdict.kind == "taken" for verdict in verdicts])
    kept = partition.kept(part, judged.limit)
    letters = "".join(
        (TAKEN if number in kept else LEFT) if number is not None else LETTERS[verdict.kind]
        for number, verdict in zip(part, verdicts, strict=True)
    )
    total = sum(op.macs for op in ops)
    done = sum(op.macs for op, letter in zip(ops, letters, strict=True) if letter == TAKEN)
    return AcceleratorCoverage(
        name=judged.name,
        title=judged.title,
        evidence=judged.evidence,
        source=judged.source,
        version=judged.version,
        verdicts=letters,
        taken=letters.count(TAKEN),
        left=letters.count(LEFT),
        unknown=letters.count(UNKNOWN),
        partitions=len(kept),
        limit=judged.limit,
        possible=len({number for number in part if number is not None}),
        macs_share=round(done / total, 6) if total else None,
        refusals=_refusals(verdicts, ops, partition.cuts(before, part)),
        notes=judged.notes,
    )


def _refusals(verdicts: tuple[Verdict, ...], ops: tuple[PlacedOp, ...], cuts: set[int]) -> tuple[Refusal, ...]:
    """Equal reasons of equal ops once; those that cut the graph first, then in the order of execution."""
    found: dict[tuple[str, str], list[int]] = {}
    for place, verdict in enumerate(verdicts):
        if verdict.kind != "taken":
            found.setdefault((ops[place].op, verdict.reason), []).append(place)
    refusals = [
        Refusal(
            op=op,
            reason=reason,
            count=len(places),
            cuts=len(cuts.intersection(places)),
            origins=tuple(dict.fromkeys(ops[place].origin for place in places if ops[place].origin))[:PLACES],
            folklore=any(verdicts[place].folklore for place in places),
        )
        for (op, reason), places in found.items()
    ]
    return tuple(sorted(refusals, key=lambda refusal: refusal.cuts == 0))
