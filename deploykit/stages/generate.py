"""Codegen: one SDK per platform, around the first artifact that passed."""

from __future__ import annotations

from pathlib import Path

from deploykit.codegen import build, ir
from deploykit.errors import CodegenError
from deploykit.manifest import Manifest, left_out
from deploykit.report.model import SdkRecord
from deploykit.stages.check import Checked
from deploykit.stages.plan import Plan
from deploykit.stages.workspace import Workspace
from deploykit.tradeoff import Candidate, Wish, candidate, choose, metric_of
from deploykit.work.capture import Captured
from deploykit.work.pictures import GoldenSample

PNG = b"\x89PNG"
"""What a PNG begins with."""


def generate(
    work: Workspace, captured: Captured, checked: tuple[Checked, ...], plan: Plan, wish: Wish
) -> tuple[SdkRecord, ...]:
    """Writes `android/` and `ios/`, as far as the plan has targets for them."""
    platforms = dict.fromkeys((item.target.platform, item.target.language) for item in plan.items)
    goldens = _write_goldens(work.scratch / "goldens", captured.goldens)
    return tuple(_generate(work, captured, checked, goldens, wish, *platform) for platform in platforms)


def _generate(
    work: Workspace,
    captured: Captured,
    checked: tuple[Checked, ...],
    goldens: tuple[ir.Golden, ...],
    wish: Wish,
    platform: str,
    language: str,
) -> SdkRecord:
    passed = [c for c in checked if c.item.target.platform == platform and _passed(c)]
    if not passed:
        return _not_written(platform, language, "no artifact for this platform passed, and an SDK ships nothing else")
    chosen, why = _chosen(passed, wish)
    if chosen is None:
        return _not_written(platform, language, why)
    assert chosen.path is not None  # what passed has a file
    # The manifest is read back: codegen sees what is on disk, nothing else.
    manifest = Manifest.model_validate_json((chosen.path.parent / "manifest.json").read_text(encoding="utf-8"))
    try:
        sdk = build.sdk(manifest, chosen.item.target, chosen.path, goldens, captured.project.spec.sdk)
        build.write(sdk, language, work.root / platform)
    except CodegenError as error:
        return _not_written(platform, language, f"{error}; of these {why}" if wish else str(error))
    if out := left_out(manifest.parity):
        why += f"; without the {' and the '.join(name.upper() for name in out)}, where it is wrong"
    return SdkRecord(
        platform=platform,
        language=language,
        written=True,
        target=chosen.item.target.name,
        precision=chosen.item.precision,
        path=platform,
        reason=why,
    )


def _chosen(passed: list[Checked], wish: Wish) -> tuple[Checked | None, str]:
    """What is shipped of the artifacts that passed, and why; None where the wish cannot be fulfilled."""
    if not wish:
        item = passed[0].item
        return passed[0], f"{item.target.name} at {item.precision} is the first in the project's order that passed"
    metric = metric_of(record for checked in passed for record in checked.parity)
    found = {each: checked for checked in passed if (each := _candidate(checked, metric))}
    chosen, why = choose(list(found), wish)
    return (found[chosen] if chosen else None), why


def _candidate(checked: Checked, metric: str | None) -> Candidate | None:
    manifest = checked.manifest
    if manifest is None:
        return None
    return candidate(manifest.target, manifest.precision, manifest.bytes, manifest.verdict, checked.parity, metric)


def _passed(checked: Checked) -> bool:
    return checked.manifest is not None and checked.manifest.verdict == "passed"


def _not_written(platform: str, language: str, reason: str) -> SdkRecord:
    return SdkRecord(
        platform=platform, language=language, written=False, target=None, precision=None, path=None, reason=reason
    )


def _write_goldens(folder: Path, goldens: tuple[GoldenSample, ...]) -> tuple[ir.Golden, ...]:
    """Files by number: two samples may have one name, in the folders of their labels."""
    folder.mkdir()
    made = []
    for index, golden in enumerate(goldens):
        inputs = []
        for place, content in enumerate(golden.inputs.values()):
            file = folder / f"{index}_{place}.{'png' if content.startswith(PNG) else 'bin'}"
            file.write_bytes(content)
            inputs.append(ir.GoldenInput(file))
        outputs = tuple(ir.GoldenOutput(made.step, made.values) for made in golden.outputs.values())
        made.append(ir.Golden(golden.name, tuple(inputs), outputs, golden.sizes))
    return tuple(made)
