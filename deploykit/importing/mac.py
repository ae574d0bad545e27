"""What a Mac measured becomes verdicts of the build that its kit came from.

results.json ─▶ the same files? ─▶ judge ─▶ manifests, report
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from deploykit.digests import measure
from deploykit.errors import ImportedError
from deploykit.importing.reading import read
from deploykit.mac import ALL_UNITS, APPLE_RUNNER, KindResult, Kit, KitModel, PlanResult, Results, UnitResult
from deploykit.manifest import ComputeUnits, Manifest, ParityRecord, Verdict
from deploykit.parity.inputs import SAMPLES, Draws, judged_on
from deploykit.parity.metrics import task_figures
from deploykit.precisions import Precision
from deploykit.report.model import DeviceShare, ErrorProfile, MacPlan, MacRun, Report
from deploykit.report.words import clean
from deploykit.spec import Contract
from deploykit.stages.judge import judged
from deploykit.truths import of_labels
from deploykit.work.draws import load

LONGEST_REASON = 2000
MOST_TYPES = 40


class Placed(Protocol):
    """A record of an artifact, perhaps on some compute units."""

    @property
    def target(self) -> str: ...
    @property
    def precision(self) -> Precision: ...
    @property
    def compute_units(self) -> ComputeUnits | None: ...


Record = TypeVar("Record", bound=Placed)


@dataclass(frozen=True)
class Imported:
    """A model on some compute units, judged."""

    run: MacRun
    parity: tuple[ParityRecord, ...]
    errors: tuple[ErrorProfile, ...]

    @property
    def key(self) -> tuple[str, str, str | None]:
        """What it replaces: target, precision and compute units, of Apple's runtime."""
        return self.run.target, self.run.precision, self.run.compute_units


@dataclass(frozen=True)
class Taken:
    """The report with the results in it, and the manifests that they change, by their files in the build."""

    report: Report
    manifests: dict[Path, Manifest]


def take(report: Report, results: Results, folder: Path) -> Taken:
    """Judges results and puts the verdicts beside the others.

    Earlier records of Apple's runtime on the same artifact and compute units are replaced.

    Args:
        report: of the build in `folder`.
        results: as a Mac gave them.
        folder: the build's, with its Mac kit.

    Raises:
        ImportedError: if they were measured on other files, or the folder has no Mac kit.
    """
    kit = read(folder / "mac" / "kit.json", Kit, "a build with a Core ML artifact has one")
    reference = _reference(folder, kit)
    manifests = {model.name: _manifest(folder, model) for model in kit.models}
    _same_files(results, kit, manifests)
    models = {model.name: model for model in kit.models}
    imported = [
        _judge(run, models[run.model], results, reference, kit, manifests[run.model].contract) for run in results.runs
    ]
    updated = {model.name: _updated(manifests[model.name], imported) for model in kit.models}
    merged = _merge(report, imported, {(m.target, m.precision): updated[m.name].verdict for m in kit.models})
    return Taken(merged, {_place(model): updated[model.name] for model in kit.models})


def _place(model: KitModel) -> Path:
    return Path("artifacts", model.target, model.precision, "manifest.json")


def _reference(folder: Path, kit: Kit) -> dict[str, Draws]:
    """What PyTorch made of the kit's inputs; by its hash, so that a changed file cannot pass for it."""
    file = folder / "mac" / "reference.npz"
    try:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise ImportedError(f"{file}: {error.strerror or error}; build again") from None
    if digest != kit.reference_sha256:
        raise ImportedError(f"{file} is not the one that kit.json names; build again")
    return load(file)


def _manifest(folder: Path, model: KitModel) -> Manifest:
    """Of an artifact of the kit, whose file is measured anew."""
    at = folder / _place(model)
    manifest = read(at, Manifest, "build again")
    file = at.with_name(manifest.file)
    if not file.exists() or measure(file)[1] != manifest.sha256 or manifest.sha256 != model.sha256:
        raise ImportedError(f"{file} is not the file that manifest.json and the Mac kit name; build again")
    return manifest


def _same_files(results: Results, kit: Kit, manifests: dict[str, Manifest]) -> None:
    """Refuses what was measured on other files, on other inputs, or twice; tells all problems at once."""
    problems = []
    for run in results.runs:
        name = f"{run.model}, {run.compute_units}"
        if run.model not in manifests:
            problems.append(f"{name}: this build has no such model; it has {', '.join(manifests)}")
            continue
        if run.sha256 != (here := manifests[run.model].sha256):
            problems.append(f"{name}: measured on the file with SHA-256 {run.sha256}; this build's has {here}")
        if run.kinds:
            problems += [f"{name}: {problem}" for problem in _wrong_draws(run.kinds, kit)]
    counts = Counter((run.model, run.compute_units) for run in results.runs)
    problems += [f"{model}, {units}: there are {n} results" for (model, units), n in counts.items() if n > 1]
    if results.inputs_sha256 != kit.inputs_sha256:
        problems.append(f"the inputs have SHA-256 {results.inputs_sha256}; this build's kit has {kit.inputs_sha256}")
    if problems:
        told = "\n  ".join(problems[:12])
        raise ImportedError(
            clean(f"these are not results of this build's Mac kit; nothing was imported\n  {told}\n")
            + "Run check.py of this build's mac/ folder."
        )


def _wrong_draws(kinds: dict[str, KindResult], kit: Kit) -> list[str]:
    if set(kinds) != set(kit.draws):
        return [f"holds the inputs {', '.join(sorted(kinds))}; the kit has {', '.join(sorted(kit.draws))}"]
    return [
        f"{kind}: output {name} has shape {list(array.shape)}; the kit has {len(kit.draws[kind])} draws"
        for kind, result in kinds.items()
        for name, array in result.outputs.items()
        if array.shape[:1] != (len(kit.draws[kind]),)
    ]


def _judge(
    run: UnitResult, model: KitModel, results: Results, reference: dict[str, Draws], kit: Kit, contract: Contract
) -> Imported:
    """The same verdicts as of any other runner. What Core ML refused has failed; what the Mac lacks is not run."""
    parity, errors = [], []
    truths = of_labels(kit.labels, contract)
    for kind in judged_on(model.precision, reference):
        wanted = reference[kind]
        gave = run.kinds.get(kind, KindResult.model_construct(error=run.error, outputs={}))
        blank = ParityRecord(
            target=model.target,
            precision=model.precision,
            runner=APPLE_RUNNER,
            compute_units=run.compute_units,
            input=kind,
            verdict="not_run" if run.not_run else "failed",
            reason=(run.not_run or gave.error)[:LONGEST_REASON],
        )
        if gave.outputs:
            outputs = {name: array.array() for name, array in gave.outputs.items()}
            floor = model.floor_snr_db.get(kind)
            of = contract.outputs, len(contract.labels)
            figures = task_figures(*of, wanted, outputs, truths) if kind == SAMPLES else {}
            record, profile = judged(blank, wanted, outputs, floor, model.tolerance, contract, figures)
            errors += [profile] if profile else []
        parity.append(record if gave.outputs else blank)
    mac = MacRun(
        target=model.target,
        precision=model.precision,
        compute_units=run.compute_units,
        machine=results.machine,
        milliseconds=run.milliseconds,
        predictions=run.predictions,
        plan=plan_in_short(run.plan, run.compute_units),
    )
    return Imported(mac, tuple(parity), tuple(errors))


def plan_in_short(plan: PlanResult, units: ComputeUnits) -> MacPlan:
    """Ops and cost by device; the types that stay off the Neural Engine, where it was allowed."""
    ops = Counter(op.preferred for op in plan.ops)
    total = sum(op.cost or 0.0 for op in plan.ops)
    costs = {device: sum(op.cost or 0.0 for op in plan.ops if op.preferred == device) for device in ops}
    engine = units in ("all", "cpu_and_ne")
    types = Counter(op.type.split(".")[-1] for op in plan.ops if op.preferred not in (None, "neural_engine") and engine)
    return MacPlan(
        error=plan.error[:LONGEST_REASON],
        devices=tuple(
            DeviceShare(device=device, ops=count, cost=round(costs[device] / total, 4) if total else None)
            for device, count in ops.most_common()
        ),
        elsewhere=dict(types.most_common(MOST_TYPES)),
    )


def _merge(report: Report, imported: list[Imported], verdicts: dict[tuple[str, str], Verdict]) -> Report:
    """The report with the new records in place of earlier ones of the same artifact and units."""
    keys = {i.key for i in imported}
    artifacts = tuple(
        a.model_copy(update={"verdict": verdicts.get((a.target, a.precision), a.verdict)}) for a in report.artifacts
    )
    others = [e for e in report.errors if e.runner != APPLE_RUNNER or _key(e) not in keys]
    return report.model_copy(
        update={
            "artifacts": artifacts,
            "parity": _parity(report.parity, imported),
            "errors": _side_by_side([*others, *(e for i in imported for e in i.errors)]),
            "mac": _side_by_side([*(m for m in report.mac if _key(m) not in keys), *(i.run for i in imported)]),
        }
    )


def _updated(manifest: Manifest, imported: list[Imported]) -> Manifest:
    own = [i for i in imported if (i.run.target, i.run.precision) == (manifest.target, manifest.precision)]
    return manifest.model_copy(update={"parity": _parity(manifest.parity, own)})


def _parity(records: Iterable[ParityRecord], imported: list[Imported]) -> tuple[ParityRecord, ...]:
    keys = {i.key for i in imported}
    kept = [r for r in records if r.runner != APPLE_RUNNER or _key(r) not in keys]
    return _side_by_side([*kept, *(record for i in imported for record in i.parity)])


def _key(record: Record) -> tuple[str, str, ComputeUnits | None]:
    return record.target, record.precision, record.compute_units


def _side_by_side(records: list[Record]) -> tuple[Record, ...]:
    """Each artifact's records together, Apple's runtime last, its units in their order."""
    order = list(dict.fromkeys((r.target, r.precision) for r in records))

    def place(record: Record) -> tuple[int, int]:
        units = record.compute_units
        return order.index((record.target, record.precision)), -1 if units is None else ALL_UNITS.index(units)

    return tuple(sorted(records, key=place))
