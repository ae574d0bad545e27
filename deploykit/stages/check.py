"""Parity: every artifact's outputs against eager PyTorch; artifacts and manifests go to their place."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import deploykit
from deploykit.backends import BACKENDS, RUNNERS
from deploykit.manifest import Manifest, ParityRecord
from deploykit.parity.compare import compare
from deploykit.parity.inputs import Draws
from deploykit.report.model import ErrorProfile
from deploykit.stages.execute import Lowered, Ran
from deploykit.stages.judge import judged
from deploykit.stages.plan import Item, Lowering, Plan
from deploykit.stages.workspace import Workspace
from deploykit.work.capture import Captured
from deploykit.work.draws import load


@dataclass(frozen=True)
class Checked:
    """One item with its verdicts."""

    item: Item
    lowered: Lowered
    manifest: Manifest | None
    """None where no road led to a file."""
    path: Path | None
    """The file in the output folder."""
    parity: tuple[ParityRecord, ...]
    errors: tuple[ErrorProfile, ...]
    outputs: dict[str, dict[str, Draws]]
    """Runner → kind of input → outputs."""


def check(
    work: Workspace,
    captured: Captured,
    lowered: dict[Lowering, Lowered],
    ran: dict[tuple[Lowering, str], Ran],
    plan: Plan,
) -> tuple[Checked, ...]:
    """Compares, judges, and writes `artifacts/<target>/<precision>/` with its manifest."""
    yardsticks = {
        name: load(file) for name in ("fp32", "fp64", "fp16") if (file := work.scratch / f"{name}.npz").exists()
    }
    return tuple(_check(item, work, captured, lowered[item.lowering], ran, yardsticks) for item in plan.items)


def _check(
    item: Item,
    work: Workspace,
    captured: Captured,
    lowered: Lowered,
    ran: dict[tuple[Lowering, str], Ran],
    yardsticks: dict[str, dict[str, Draws]],
) -> Checked:
    records: list[ParityRecord] = []
    errors: list[ErrorProfile] = []
    outputs: dict[str, dict[str, Draws]] = {}
    if lowered.file is None:
        return Checked(item, lowered, None, None, (), (), {})
    for runner in item.runners:
        result = ran[item.lowering, runner]
        if result.outputs is not None:
            outputs[runner] = load(result.outputs)
        for kind in yardsticks["fp32"]:
            record, profile = _compare(item, runner, kind, result, outputs.get(runner), captured, yardsticks)
            records.append(record)
            errors += [profile] if profile else []
    if not item.runners:
        why = "; ".join(reason for name in item.target.runners if (reason := RUNNERS[name].unavailable()))
        records = [_not_run(item, name, kind, why) for name in item.target.runners for kind in yardsticks["fp32"]]
    folder = work.root / "artifacts" / item.target.name / item.precision
    path = place(lowered.file, folder)
    manifest = _manifest(item, captured, lowered, path, tuple(records))
    (folder / "manifest.json").write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return Checked(item, lowered, manifest, path, tuple(records), tuple(errors), outputs)


def _compare(
    item: Item,
    runner: str,
    kind: str,
    result: Ran,
    outputs: dict[str, Draws] | None,
    captured: Captured,
    yardsticks: dict[str, dict[str, Draws]],
) -> tuple[ParityRecord, ErrorProfile | None]:
    reference = yardsticks["fp32"][kind]
    if outputs is None:
        record = _not_run(item, runner, kind, result.reason)
        return record if result.limit else record.model_copy(update={"verdict": "failed"}), None
    # Which run of PyTorch the noise floor of a precision is read from; the reference itself is fp32.
    floor_of = yardsticks.get({"fp32": "fp64", "fp16": "fp16"}[item.precision])
    floor = compare(reference, floor_of[kind]).snr_db if floor_of else None
    override = captured.project.spec.tolerance.get(item.precision)
    blank = _not_run(item, runner, kind, "")
    return judged(blank, reference, outputs[kind], floor, override, captured.project.contract, captured.labels)


def _not_run(item: Item, runner: str, kind: str, reason: str) -> ParityRecord:
    return ParityRecord(
        target=item.target.name,
        precision=item.precision,
        runner=runner,
        compute_units=RUNNERS[runner].compute_units,
        input=kind,
        verdict="not_run",
        reason=reason,
    )


def place(file: Path, folder: Path) -> Path:
    """Targets that want the same file share its bytes on disk."""
    folder.mkdir(parents=True)
    path = folder / file.name
    if file.is_dir():
        shutil.copytree(file, path, copy_function=link)
    else:
        link(file, path)
    return path


def link(source: str | Path, target: str | Path) -> None:
    """One more name for a file's bytes; a copy where the file system has no hard links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _manifest(
    item: Item, captured: Captured, lowered: Lowered, path: Path, parity: tuple[ParityRecord, ...]
) -> Manifest:
    backend = BACKENDS[item.target.backend]
    model = captured.project.spec.model
    size, digest = measure(path)
    return Manifest(
        deploykit=deploykit.__version__,
        model=captured.project.name,
        version=model.version,
        license=model.license,
        target=item.target.name,
        backend=item.target.backend,
        precision=item.precision,
        file=path.name,
        bytes=size,
        sha256=digest,
        weights_sha256=captured.weights_sha256,
        signature=captured.signature,
        contract=captured.project.contract,
        road=lowered.road or "",
        tools={name: version(name) for name in backend.tools},
        parity=parity,
    )


def measure(path: Path) -> tuple[int, str]:
    """Bytes and SHA-256 of a file; of a folder, over the relative names and contents of its files in order."""
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        if path.is_dir():
            digest.update(f"{file.relative_to(path).as_posix()}\n{file.stat().st_size}\n".encode())
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return sum(file.stat().st_size for file in files), digest.hexdigest()
