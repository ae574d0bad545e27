"""What a bisection found, on the console."""

from __future__ import annotations

import re
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from deploykit.bisect.records import Bisection, NodeRecord

GOOD, BAD = "green", "bold red"

_CODE = re.compile(r" `.*`")
"""What stands in a line: the verdict shows it, a table has no room."""


def shown(found: Bisection, repro: Path | None) -> RenderableType:
    """The verdict first, then what it rests on."""
    parts: list[RenderableType] = [Text(sentence(found), style=GOOD if found.verdict == "right" else BAD)]
    parts += [Text(line) for line in _figures(found)]
    if found.bad:
        parts += [Text(), _table(found)]
    parts += [Text(line) for line in _reasons(found)]
    if repro is not None:
        parts.append(Text(_repro(found, repro)))
    return Group(*parts)


def sentence(found: Bisection) -> str:
    """The verdict in one sentence."""
    culprit = found.culprit
    named = f"{culprit.op}{_at(culprit)}" if culprit else ""
    match found.verdict:
        case "right":
            return f"{found.artifact} computes what {found.model} computes."
        case "converter":
            size = len(found.proof.nodes) if found.proof else 0
            alone = "by itself" if size == 1 else f"in a graph of {size} ops"
            figure = _db(found.proof.finding.snr_db if found.proof else None)
            return f"{named} is converted wrongly: {alone}, through {found.road}, it has {figure}."
        case "file":
            return f"{named} is where {found.artifact} goes wrong; {found.road} converts it rightly by itself."
        case "runtime":
            plain = _db(found.plain_db)
            return f"{found.artifact} is right op by op ({plain}); {found.runner} makes something else of it."
        case "foreign":
            return f"{found.artifact} has nothing of {found.model}, not even {named}. Is it of these weights?"


def _figures(found: Bisection) -> list[str]:
    floor = "" if found.floor_db is None else f", PyTorch agrees with itself to {_db(found.floor_db)}"
    lines = [
        f"outputs on {found.runner}, input {found.input}: {_db(found.snr_db)} "
        f"({_db(found.required_db)} demanded{floor})"
    ]
    if found.total:
        lines.append(f"of {found.total} results in the model that depend on its input, the file has {found.matched}")
    return lines


def _table(found: Bisection) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("in the file", no_wrap=True)
    table.add_column("dB (needed)", justify="right", no_wrap=True)
    table.add_column("op", no_wrap=True)
    table.add_column("line", overflow="fold")
    for node in (*found.good, *found.bad):
        state = Text("right", GOOD) if node.right else Text("wrong" if node.tensor else "absent", BAD)
        figure = "–" if node.snr_db is None else f"{node.snr_db:.1f}"
        table.add_row(
            state, f"{figure} ({node.required_db:.0f})", Text(_short(node.op)), Text(_CODE.sub("", node.place) or "–")
        )
    return table


def _reasons(found: Bisection) -> list[str]:
    lines = []
    culprit = found.culprit
    if found.verdict == "converter" and culprit is not None:
        near = f"{culprit.made_by} makes '{culprit.tensor}', which comes nearest to it" if culprit.made_by else ""
        lines += [f"in the file: {near}"] if near else []
    elif found.file_op is not None:
        operands = ", ".join(f"'{name}'" for name in found.file_op.operands) or "constants"
        lines.append(f"in the file: {found.file_op.op} makes '{found.file_op.tensor}' of {operands}, which are right")
    for item in found.tried:
        finding = item.finding
        what = " + ".join(map(_short, item.ops))
        figure = _db(finding.snr_db) if finding.snr_db is not None else finding.reason
        lines.append(f"alone, through {found.road}: {what} ({item.suspect}) is {finding.outcome}, {figure}")
    if found.verdict == "file":
        lines.append(
            "The op shows nothing alone: the file was changed, is of other weights or another converter's version, or "
            "it goes wrong only among its neighbours. Make the file anew with --road, and bisect that."
        )
    return lines


def _repro(found: Bisection, folder: Path) -> str:
    if found.repro is None:
        return f"nothing was written to {folder}: no graph of a few ops shows a fault"
    if not found.repro.ran:
        return f"wrote {folder}; {found.repro.reason}"
    if found.repro.snr_db is None:
        return f"wrote {folder}; repro.py ran and printed no figure"
    return f"wrote {folder}; repro.py by itself shows {_db(found.repro.snr_db)}" + (
        f" ({found.repro.reason})" if found.repro.reason else ""
    )


def _short(op: str) -> str:
    return op.removeprefix("aten.").removesuffix(".default")


def _at(node: NodeRecord) -> str:
    return f" at {node.place}" if node.place else f" ({node.name})"


def _db(value: float | None) -> str:
    return "no figure" if value is None else "equal bits" if value >= 300 else f"{value:.1f} dB"
