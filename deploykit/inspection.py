"""`deploykit inspect`: prints what a stage made."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from deploykit.backends import BACKENDS
from deploykit.errors import ArtifactError
from deploykit.jobs import IsolatedPool, logged
from deploykit.manifest import Manifest, Signature
from deploykit.packages import package
from deploykit.report.words import prepared
from deploykit.source import read_source
from deploykit.spec import Contract
from deploykit.work.capture import Captured, capture, count_ops
from deploykit.work.census import census
from deploykit.work.knowledge import Knowledge, ask_converters


def inspect(text: str | None) -> RenderableType:
    """Describes a manifest (or the folder that holds one) or a Core ML package, or captures a model and describes it.

    Raises:
        DeploykitError: if it is neither, or cannot be read.
    """
    path = Path(text) if text else None
    if path and path.suffix == ".mlpackage":  # first: it has a Manifest.json, and many disks do not tell m from M
        return _package(path)
    if path and (path / "manifest.json").is_file():
        path /= "manifest.json"
    return _manifest(path) if path and path.name == "manifest.json" else _model(text)


def _manifest(path: Path) -> RenderableType:
    try:
        manifest = Manifest.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path} cannot be read: {error}") from None
    head = Text(
        f"{manifest.model} {manifest.version}, {manifest.target} at {manifest.precision}: {manifest.verdict}\n"
        f"{manifest.file}, {manifest.bytes:,} bytes, sha256 {manifest.sha256}\nroad {manifest.road}"
    )
    table = Table("runner", "input", "verdict", "dB", "max abs", "reason")
    for r in manifest.parity:
        snr = "" if r.snr_db is None else f"{r.snr_db:.1f}"
        table.add_row(r.runner, r.input, r.verdict, snr, "" if r.max_abs is None else f"{r.max_abs:.2e}", r.reason)
    return Group(head, _contract(manifest.contract), _signature(manifest.signature), table)


def _package(path: Path) -> RenderableType:
    with tempfile.TemporaryDirectory() as scratch, IsolatedPool(1) as pool:
        return package(pool.submit(logged, Path(scratch) / "log", census, path).result())


def _model(text: str | None) -> RenderableType:
    source = read_source(text)
    with tempfile.TemporaryDirectory() as scratch, IsolatedPool(1) as pool:
        folder = Path(scratch)
        captured = pool.submit(logged, folder / "log", capture, source, (), folder).result()
        program = Captured.program(folder)
        ops = pool.submit(count_ops, program).result()
        known = pool.submit(logged, folder / "log", ask_converters, program, source.root).result()
    head = Text(
        f"{captured.project.name}: {captured.parameters:,} parameters, weights sha256 {captured.weights_sha256}"
    )
    notes = [Text(note) for note in captured.notes]
    notes += [Text(f"{r.name} {r.outcome}: {prepared(r)}") for r in captured.prepared if r.outcome != "nothing to do"]
    tables = (_contract(captured.project.contract), _signature(captured.signature), _ops(ops, known))
    return Group(head, *notes, *tables, *_places(known))


def _ops(ops: dict[str, int], known: Knowledge) -> RenderableType:
    """Op × backend: whether the first road's converter knows it, after that road's rewrites; `?` where none says."""
    table = Table("ATen op", "count", *BACKENDS)
    lacking = {(op.op, name) for op in known.lacking for name in op.backends}
    for op, count in Counter(ops).most_common():
        table.add_row(op, str(count), *(_cell((op, name) in lacking, name in known.silent) for name in BACKENDS))
    return table


def _cell(lacks: bool, silent: bool) -> Text:
    return Text("?", "yellow") if silent else Text("✗ lacks it", "red") if lacks else Text("✓", "green")


def _places(known: Knowledge) -> list[RenderableType]:
    """Where the ops are that a converter lacks, and which converter could not be asked."""
    lines = [f"{op.op} at {op.place or 'an unknown line'}: unknown to {', '.join(op.backends)}" for op in known.lacking]
    if lines:
        lines.append("Other roads may know them; a build tries all. If none does: write the line with other ops.")
    lines += [f"{name} could not be asked: {why}" for name, why in known.silent.items()]
    return [Text(line) for line in lines]


def _contract(contract: Contract) -> RenderableType:
    table = Table("contract", "name", "what")
    table.add_row("task", contract.task, f"{len(contract.labels)} labels" if contract.labels else "")
    for kind, specs in (("input", contract.inputs), ("output", contract.outputs)):
        for name, spec in specs.items():
            table.add_row(kind, name, ", ".join(f"{k} {v}" for k, v in spec.model_dump().items()))
    for name, dim in contract.dims.items():
        table.add_row("size", name, f"{dim}, mostly {dim.size}")
    return table


def _signature(signature: Signature) -> RenderableType:
    table = Table("signature", "name", "dtype", "shape")
    for kind, tensors in (("input", signature.inputs), ("output", signature.outputs)):
        for tensor in tensors:
            table.add_row(kind, tensor.name, tensor.dtype, " × ".join(map(str, tensor.shape)))
    return table
