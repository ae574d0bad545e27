"""What a bisection found, on the console."""

from __future__ import annotations

import re
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from deploykit.bisect.records import Bisection, NodeRecord, ProofRecord

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
            alone = "the op converted by itself" if _size(found.proof) == 1 else f"these {_size(found.proof)} ops alone"
            return f"{named} is converted wrongly: {alone} by {found.road}: {_db(_alone(found.proof))}."
        case "file":
            return f"{named} is where {found.artifact} goes wrong; {found.road} converts it rightly by itself."
        case "runtime":
            plain = _db(found.plain_db)
            return f"{found.artifact} is right op by op ({plain}); {found.runner} makes something else of it."
        case "foreign":
            return f"{found.artifact} holds nothing that {found.model} computes: is it of this model and these weights?"


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
    table.add_column("op", overflow="fold")
    table.add_column("line", overflow="fold")
    for node in (*found.good, *found.bad):
        state = Text("right", GOOD) if node.right else Text("wrong" if node.tensor else "absent", BAD)
        figure = "–" if node.snr_db is None else f"{node.snr_db:.1f}"
        table.add_row(
            state, f"{figure} ({node.required_db:.0f})", Text(node.op), Text(_CODE.sub("", node.place) or "–")
        )
    return table


def _reasons(found: Bisection) -> list[str]:
    lines = []
    if found.file_op is not None:
        operands = ", ".join(f"'{name}'" for name in found.file_op.operands) or "constants"
        lines.append(f"in the file: {found.file_op.op} makes '{found.file_op.tensor}' of {operands}, which are right")
    for item in found.tried:
        finding = item.finding
        what = " + ".join(op.removeprefix("aten.") for op in item.ops)
        figure = _db(finding.snr_db) if finding.snr_db is not None else finding.reason
        lines.append(f"alone by {found.road}: {what} for {item.suspect}: {finding.outcome}, {figure}")
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


def _size(proof: ProofRecord | None) -> int:
    return len(proof.nodes) if proof else 0


def _alone(proof: ProofRecord | None) -> float | None:
    return proof.finding.snr_db if proof else None


def _at(node: NodeRecord) -> str:
    return f" at {node.place}" if node.place else f" ({node.name})"


def _db(value: float | None) -> str:
    return "no figure" if value is None else "equal bits" if value >= 300 else f"{value:.1f} dB"
