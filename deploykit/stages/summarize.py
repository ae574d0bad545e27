"""The report: everything measured, as `report.json`, `index.html` and `junit.xml`."""

from __future__ import annotations

import base64
import os
import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import deploykit
from deploykit.backends import BACKENDS, RUNNERS
from deploykit.coverage import Coverage
from deploykit.mac import APPLE_RUNNER
from deploykit.manifest import Verdict
from deploykit.report import devices
from deploykit.report.html import html
from deploykit.report.junit import junit
from deploykit.report.model import (
    ArtifactRecord,
    DeviceRun,
    ModelRecord,
    Prediction,
    Report,
    SampleRecord,
    SdkRecord,
    StageTime,
)
from deploykit.sightings import Sighting
from deploykit.stages.check import Checked
from deploykit.stages.plan import Lowering, Plan
from deploykit.stages.workspace import Workspace
from deploykit.work.capture import Captured
from deploykit.work.draws import load
from deploykit.work.pictures import ShownSample


def report(
    work: Workspace,
    captured: Captured,
    checked: tuple[Checked, ...],
    coverage: dict[Lowering, Coverage],
    sdks: tuple[SdkRecord, ...],
    plan: Plan,
    seconds: dict[str, float],
) -> Report:
    """Writes `report/` and gives the report back."""
    artifacts = tuple(_artifact(work, c, coverage.get(c.item.lowering)) for c in checked)
    tools = sorted({tool for item in plan.items for tool in BACKENDS[item.target.backend].tools} | {"numpy"})
    project = captured.project
    made = Report(
        verdict=verdict(artifacts),
        model=ModelRecord(
            name=project.name,
            version=project.spec.model.version,
            entry=project.spec.model.entry,
            license=project.spec.model.license,
            parameters=captured.parameters,
            weights_sha256=captured.weights_sha256,
            contract=project.contract,
            notes=captured.notes,
            prepared=captured.prepared,
        ),
        versions={"deploykit": deploykit.__version__, "python": platform.python_version()}
        | {tool: version(tool) for tool in tools},
        host=f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        artifacts=artifacts,
        parity=tuple(record for c in checked for record in c.parity),
        errors=tuple(profile for c in checked for profile in c.errors),
        samples=_samples(work, captured, checked),
        sdks=sdks,
        absent=_absent(plan),
        devices=devices.runs(sdks, artifacts, ()),
        jobs=len(work.memory.ran) + len(work.memory.reused) if work.memory else 0,
        reused=tuple(sorted(work.memory.reused)) if work.memory else (),
        stages=tuple(StageTime(stage=stage, seconds=value) for stage, value in seconds.items()),
    )
    write(work.root / "report", made)
    return made


def _absent(plan: Plan) -> dict[str, str]:
    names = dict.fromkeys(name for item in plan.items for name in item.target.runners if name != APPLE_RUNNER)
    return {name: reason for name in names if (reason := RUNNERS[name].unavailable())}


def write(folder: Path, made: Report) -> None:
    """`report.json`, and what is made from it."""
    (folder / "report.json").write_text(made.model_dump_json(indent=2) + "\n", encoding="utf-8")
    (folder / "index.html").write_text(html(made), encoding="utf-8")
    (folder / "junit.xml").write_text(junit(made), encoding="utf-8")


def verdict(artifacts: Iterable[ArtifactRecord], told: Iterable[DeviceRun] = ()) -> Verdict:
    """`passed` only if every artifact passed. No device need have told of itself, but none may be wrong."""
    verdicts = {artifact.verdict for artifact in artifacts} | ({"failed"} if devices.failures(told) else set())
    return "failed" if "failed" in verdicts else "not_run" if "not_run" in verdicts else "passed"


def _artifact(work: Workspace, checked: Checked, coverage: Coverage | None) -> ArtifactRecord:
    manifest, path = checked.manifest, checked.path
    return ArtifactRecord(
        target=checked.item.target.name,
        target_title=checked.item.target.title,
        backend=checked.item.target.backend,
        precision=checked.item.precision,
        verdict=manifest.verdict if manifest else "failed",
        path=path.relative_to(work.root).as_posix() if path else None,
        bytes=manifest.bytes if manifest else None,
        sha256=manifest.sha256 if manifest else None,
        road=checked.lowered.road,
        roads_tried=checked.lowered.roads_tried,
        unknown=checked.lowered.unknown,
        log=checked.lowered.log.relative_to(work.root).as_posix(),
        gates=manifest.gates if manifest else (),
        kept_float=checked.lowered.kept,
        overflows=checked.inside.overflows,
        underflows=checked.inside.underflows,
        curve=checked.inside.curve,
        costliest=checked.inside.costliest,
        coverage=coverage,
    )


def _samples(work: Workspace, captured: Captured, checked: tuple[Checked, ...]) -> tuple[SampleRecord, ...]:
    if captured.shown and captured.project.contract.task == "image-classification":
        return _classified(work, captured, checked)
    found = tuple(_looked_at(shown, checked) for shown in captured.shown)
    return tuple(record for record in found if record.sightings)


def _looked_at(shown: ShownSample, checked: tuple[Checked, ...]) -> SampleRecord:
    """A sample with the boxes that everybody sees in it."""
    found: list[Sighting] = []
    for c in checked:
        for runner, seen in c.seen.items():
            if shown.draw in seen:
                wanted, got = seen[shown.draw]
                by = f"{c.item.target.name} {c.item.precision} ({runner})"
                found += [*(() if found else (wanted,)), got.model_copy(update={"by": by})]
    png = base64.b64encode(shown.png).decode()
    return SampleRecord(name=shown.name, png_base64=png, label=None, sightings=tuple(found))


def _classified(work: Workspace, captured: Captured, checked: tuple[Checked, ...]) -> tuple[SampleRecord, ...]:
    contract = captured.project.contract
    (output,) = contract.outputs
    scores = {"PyTorch": load(work.scratch / "fp32.npz")["samples"][output]}
    for c in checked:
        for runner, kinds in (c.outputs or {}).items():
            if RUNNERS[runner].most_draws is not None:
                continue  # it was not given all samples
            scores[f"{c.item.target.name} {c.item.precision} ({runner})"] = kinds["samples"][output]
    return tuple(
        SampleRecord(
            name=shown.name,
            png_base64=base64.b64encode(shown.png).decode(),
            label=None if (label := captured.labels[shown.draw]) is None else contract.labels[label],
            predictions=tuple(
                _prediction(by, values[shown.draw, 0].tolist(), contract.labels) for by, values in scores.items()
            ),
        )
        for shown in captured.shown
    )


def _prediction(by: str, scores: list[float], labels: tuple[str, ...]) -> Prediction:
    best = max(range(len(scores)), key=scores.__getitem__)
    return Prediction(by=by, label=labels[best], score=scores[best])
