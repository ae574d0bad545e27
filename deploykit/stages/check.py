"""Parity: every artifact's outputs against eager PyTorch, and its gates; files and manifests go to their place."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

import deploykit
from deploykit.backends import BACKENDS
from deploykit.backends.base import Inside
from deploykit.digests import measure
from deploykit.manifest import CalibrationRecord, GateRecord, Manifest, ParityRecord
from deploykit.parity.inputs import Draws
from deploykit.precisions import SCHEMES
from deploykit.report.model import ErrorProfile
from deploykit.sightings import Sighting
from deploykit.stages.compare import Compared, compare_item
from deploykit.stages.execute import Lowered, Ran
from deploykit.stages.gates import blame, interface_gate, range_gate, twin_gate
from deploykit.stages.gpu import blamed, faults_on_gpu
from deploykit.stages.noise import noise_of_failed
from deploykit.stages.plan import Item, Lowering, Plan
from deploykit.stages.workspace import Workspace
from deploykit.stages.yardsticks import load_yardsticks
from deploykit.work.capture import Captured
from deploykit.work.examine import Examined
from deploykit.work.gpu_fault import GpuFault
from deploykit.work.losses import Losses


@dataclass(frozen=True)
class Checked:
    """One item with its verdicts."""

    item: Item
    lowered: Lowered
    manifest: Manifest | None
    """None where no road led to a file."""
    path: Path | None
    """The file in the output folder."""
    parity: tuple[ParityRecord, ...] = ()
    errors: tuple[ErrorProfile, ...] = ()
    outputs: dict[str, dict[str, Draws]] | None = None
    """Runner → kind of input → outputs."""
    seen: dict[str, dict[int, tuple[Sighting, Sighting]]] = field(default_factory=dict)
    """Runner → sample → what PyTorch and the artifact see in it."""
    inside: Inside = field(default_factory=Inside)


def check(
    work: Workspace,
    captured: Captured,
    lowered: dict[Lowering, Lowered],
    ran: dict[tuple[Lowering, str], Ran],
    examined: dict[Lowering, Examined | str],
    plan: Plan,
) -> tuple[Checked, ...]:
    """Compares, judges, and writes `artifacts/<target>/<precision>/` with its manifest."""
    yardsticks = load_yardsticks(work.scratch)
    compared = {
        item: lowered[item.lowering].compared.get(item) or compare_item(item, captured, ran, yardsticks)
        for item in plan.checked
        if lowered[item.lowering].file is not None
    }
    noise = noise_of_failed(work, lowered, compared, yardsticks)
    faults = faults_on_gpu(work, lowered, compared)
    return tuple(_check(item, work, captured, lowered, compared, examined, noise, faults) for item in plan.items)


def _check(
    item: Item,
    work: Workspace,
    captured: Captured,
    lowered: dict[Lowering, Lowered],
    compared: dict[Item, Compared],
    examined: dict[Lowering, Examined | str],
    noise: dict[Lowering, Losses],
    faults: dict[Lowering, GpuFault],
) -> Checked:
    made = lowered[item.lowering]
    if made.file is None:
        return Checked(item, made, None, None)
    seen = examined[item.lowering]
    inside = Inside() if isinstance(seen, str) else seen.inside
    found, lost = compared[item], noise.get(item.lowering)
    if lost is not None:
        inside = replace(inside, curve=lost.curve)
    fault = faults.get(item.lowering)
    parity = tuple(
        blamed(record, fault) if record.accelerator else blame(record, inside, lost) for record in found.parity
    )
    gates = [interface_gate(item, captured.signature, seen, captured.project.contract.states)]
    if item.twin is not None:
        gates.append(twin_gate(lowered[item.twin.lowering], compared.get(item.twin)))
    if (fits := range_gate(item, seen, made.kept)) is not None:
        gates.append(fits)
    folder = work.root / "artifacts" / item.target.name / item.precision
    path = place(made.file, folder)
    manifest = _manifest(item, captured, made, path, parity, tuple(gates))
    (folder / "manifest.json").write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return Checked(item, made, manifest, path, parity, found.errors, found.outputs, found.seen, inside)


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


def _calibration(item: Item, captured: Captured) -> CalibrationRecord | None:
    """What the ranges of its int8 activations were read from, if it has some."""
    if captured.calibration is None or not SCHEMES[item.precision].calibrated:
        return None
    return captured.calibration.model_copy(update={"ranges": captured.project.spec.quantize.ranges})


def _manifest(
    item: Item,
    captured: Captured,
    lowered: Lowered,
    path: Path,
    parity: tuple[ParityRecord, ...],
    gates: tuple[GateRecord, ...],
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
        calibration=_calibration(item, captured),
        kept_float=tuple(record.output for record in lowered.kept),
        parity=parity,
        gates=gates,
    )
