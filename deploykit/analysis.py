"""`deploykit analyze`: what each accelerator takes of a saved artifact."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from deploykit.coverage import AcceleratorCoverage, Coverage, Refusal
from deploykit.errors import ArgumentsError, ArtifactError
from deploykit.jobs import IsolatedPool, JobDied, JobFailed, logged
from deploykit.manifest import Manifest
from deploykit.report.model import Report
from deploykit.report.words import clean, count, percent
from deploykit.work.cover import cover

SUFFIXES = {".tflite": "litert", ".onnx": "onnx", ".mlpackage": "coreml"}
"""Of files → the backend that reads them."""

SHOWN = 4
"""Of the reasons of one accelerator, so many are printed; all are in the JSON."""


@dataclass(frozen=True)
class Analysed:
    """An artifact with what accelerators take of it."""

    name: str
    coverage: Coverage


def analyze(path: Path) -> tuple[Analysed, ...]:
    """Looks at a file, an artifact's folder or manifest, or all artifacts of a build.

    Raises:
        ArgumentsError: if it is none of these.
        ArtifactError: if it cannot be read.
    """
    # First, since a package has a Manifest.json, which many disks take for ours.
    if path.suffix in SUFFIXES and path.exists():
        return (Analysed(path.name, _covered(path)),)
    folder = path.parent if path.name == "manifest.json" else path
    if (folder / "manifest.json").is_file():
        return (_artifact(folder),)
    if (folder / "report" / "report.json").is_file():
        found = tuple(_build(folder))
        if not found:
            raise ArgumentsError([f"the build in {path} has no artifacts that could be analysed"])
        return found
    what = "does not exist" if not path.exists() else "cannot be analysed"
    raise ArgumentsError(
        [f"{path} {what}; give a file ({', '.join(SUFFIXES)}), an artifact's folder or manifest, or a build's folder"]
    )


def _build(folder: Path) -> Iterator[Analysed]:
    """The artifacts of a build, as its report has them."""
    for record in _report(folder).artifacts:
        if record.path is not None:
            name = f"{record.target} {record.precision}"
            yield Analysed(name, record.coverage or _covered(folder / record.path))


def _report(folder: Path) -> Report:
    file = folder / "report" / "report.json"
    try:
        return Report.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{file} cannot be read: {error}") from None


def _artifact(folder: Path) -> Analysed:
    """One artifact. The report of its build knows the lines of the model, which the file itself does not have."""
    file = folder / "manifest.json"
    try:
        manifest = Manifest.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{file} cannot be read: {error}") from None
    if Path(manifest.file).name != manifest.file:
        raise ArtifactError(f"{file} names {manifest.file!r}, which does not lie beside it")
    known = None
    build = folder.resolve().parents[2] if len(folder.resolve().parents) > 2 else folder
    if (build / "report" / "report.json").is_file():
        records = _report(build).artifacts
        known = next((each.coverage for each in records if each.sha256 == manifest.sha256 and each.coverage), None)
    return Analysed(f"{manifest.target} {manifest.precision}", known or _covered(folder / manifest.file))


def _covered(file: Path) -> Coverage:
    """Reads the file in a process of its own: a damaged one may take the format's library down."""
    if file.suffix not in SUFFIXES:
        raise ArgumentsError([f"{file} cannot be analysed: known are {', '.join(SUFFIXES)}"])
    with tempfile.TemporaryDirectory() as scratch, IsolatedPool(1) as pool:
        try:
            return pool.submit(logged, Path(scratch) / "log", cover, SUFFIXES[file.suffix], file).result()
        except (JobDied, JobFailed) as error:
            raise ArtifactError(f"{file} cannot be read: {error}") from None


def as_json(found: tuple[Analysed, ...]) -> str:
    """Everything, one object per artifact."""
    told = [{"artifact": each.name, **each.coverage.model_dump(mode="json")} for each in found]
    return json.dumps(told, indent=2, ensure_ascii=False)


def shown(found: tuple[Analysed, ...]) -> RenderableType:
    """A table for each artifact, with the reasons below."""
    return Group(*(part for each in found for part in _parts(each)))


def _parts(each: Analysed) -> Iterator[RenderableType]:
    coverage = each.coverage
    macs = f"{coverage.macs / 1e6:,.1f} million multiply-adds" if coverage.macs else "no multiply-adds"
    yield Text(f"{clean(each.name)}: {count(len(coverage.ops), 'op')}, {macs}", style="bold")
    yield from (Text(clean(note), style="dim") for note in coverage.notes)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("accelerator", overflow="fold")
    for column in ("ops", "parts", "multiply-adds"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("evidence")
    for one in coverage.accelerators:
        table.add_row(*(Text(cell, style=_style(one)) for cell in _row(one)))
    yield table
    for one in coverage.accelerators:
        yield from _reasons(one)
    yield Text()


def _row(one: AcceleratorCoverage) -> tuple[str, ...]:
    taken = "?" if one.unknown == len(one.verdicts) else f"{one.taken}/{len(one.verdicts)}"
    parts = "?" if taken == "?" else f"{one.partitions} of {one.possible}" if one.left else str(one.partitions)
    share = "?" if taken == "?" else "–" if one.macs_share is None else percent(one.macs_share)
    return clean(one.title), taken, parts, share, one.evidence


def _style(one: AcceleratorCoverage) -> str:
    if one.unknown == len(one.verdicts):
        return "dim"
    return "green" if one.taken == len(one.verdicts) else "red" if not one.taken else "yellow"


def _reasons(one: AcceleratorCoverage) -> Iterator[RenderableType]:
    if one.unknown == len(one.verdicts) or not (one.refusals or one.left):
        return
    yield Text()
    yield Text(f"{clean(one.title)} ({one.source}; {one.version})", style="dim")
    if one.left:
        text = (
            f"{count(one.left, 'op')} that it knows {'stays' if one.left == 1 else 'stay'} on the CPU: the graph falls "
        )
        yield Padding(Text(f"{text}into {one.possible} parts, and it is given {one.limit}"), (0, 0, 0, 2))
    for refusal in one.refusals[:SHOWN]:
        yield Padding(Text(clean(refused(refusal))), (0, 0, 0, 2))
    if len(one.refusals) > SHOWN:
        rest = one.refusals[SHOWN:]
        more = f"and {sum(r.count for r in rest)} more ops for {count(len(rest), 'other reason')}; --json has all"
        yield Padding(Text(more, style="dim"), (0, 0, 0, 2))


def refused(refusal: Refusal) -> str:
    """`2 × RESHAPE, which cut the graph: its output has rank 6 (folklore); model.py:12 …`."""
    cut = ""
    if refusal.cuts:
        cut = (
            " cuts the graph"
            if refusal.count == 1
            else f" {'all' if refusal.cuts == refusal.count else refusal.cuts} cut it"
        )
    many = f"{refusal.count} × {refusal.op}" if refusal.count > 1 else refusal.op
    head = f"{many}{',' if cut else ''}{cut}: {refusal.reason}{' (folklore)' if refusal.folklore else ''}"
    return "\n".join((head, *(f"  {origin}" for origin in refusal.origins)))
