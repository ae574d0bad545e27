"""One model through the stages of a build, with what accelerators take of its files; no SDK is made."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.accelerators.table import GPU, PRECISIONS
from benchmarks.survey import Row, entry_of
from deploykit import stages
from deploykit.bench.host import Subject
from deploykit.bench.host import measure as speeds
from deploykit.coverage import Coverage
from deploykit.errors import DeploykitError
from deploykit.manifest import ParityRecord, overall, tightest
from deploykit.progress import Progress
from deploykit.project import Entry
from deploykit.request import BuildRequest
from deploykit.work.cover import cover

OURS = "fp32.tflite"
RUNS, SECONDS = 50, 30.0
"""Of both files on the CPU, in turns: as many runs as fit."""


def measure(name: str, file: Path, targets: Sequence[str], bare: bool, kept: Path | None, workers: int = 1) -> Row:
    """Everything that is known of one model of a list; `workers` jobs at a time; LiteRT's files go to `kept`."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        row: Row = {"name": name}
        start = time.monotonic()
        try:
            row["files"] = _files(entry_of(name, file, root), targets, root / "out", workers)
        except DeploykitError as error:
            row["failed"] = " ".join(str(error).split())[:300]
        row["seconds"] = round(time.monotonic() - start, 1)
        if bare:
            row["bare"] = _bare(name, file, root)
        for made in root.glob("*.tflite") if kept else ():
            shutil.move(made, kept / f"{name}-{made.name}")
    return row


def _files(source: Entry, targets: Sequence[str], out: Path, workers: int) -> dict[str, dict[str, Row]]:
    """Target → precision → figures. LiteRT's file at fp32 is kept beside the folder."""
    out.mkdir()
    plan = stages.plan(source, tuple(targets), PRECISIONS)
    with stages.workspace(out, BuildRequest(source, out, workers=workers), plan, Progress()) as work:
        captured = stages.capture(work, source, plan)
        lowered = stages.lower(work, captured, plan)
        outputs = stages.run(work, captured, lowered, plan)
        examined = stages.examine(work, lowered)
        coverage = stages.cover(work, lowered, outputs)
        checked = stages.check(work, captured, lowered, outputs, examined, plan)
        for lowering, made in lowered.items():
            if lowering.backend == "litert" and made.file is not None:
                shutil.copy(made.file, out.parent / f"{lowering.precision}.tflite")
    found: dict[str, dict[str, Row]] = {target: {} for target in targets}
    for one in checked:
        known = coverage.get(one.item.lowering)
        found[one.item.target.name][one.item.precision] = {
            "verdict": one.manifest.verdict if one.manifest else "failed",
            "accelerators": _told(known) if known else {},
            "gpu": _ran([record for record in one.parity if record.runner == GPU]),
        }
    return found


def _bare(name: str, file: Path, folder: Path) -> Row:
    """What is taken of litert-torch's own file, and how many times its seconds on the CPU ours takes."""
    from benchmarks.formats.bare import litert_file

    made, ours = folder / "bare.tflite", folder / OURS
    try:
        litert_file(name, file, made)
    except Exception as error:  # a converter may raise anything, and what it says is the result
        first = (str(error).strip() or "no message").splitlines()[0]
        return {"failed": f"{type(error).__name__}: {first}"[:200]}
    row: Row = {"accelerators": _told(cover("litert", made))}
    if ours.exists():
        subjects = [Subject(path.stem, path, path.stat().st_size, "tflite") for path in (made, ours)]
        row["cpu_ratio"] = speeds(subjects, RUNS, SECONDS, lambda name: None)[1].ratio
    return row


def _told(coverage: Coverage) -> dict[str, Any]:
    """Accelerator → what it takes; of feature levels the newest, which is told last."""
    return {
        one.name: {
            "evidence": one.evidence,
            "ops": len(coverage.ops),
            "taken": one.taken,
            "unknown": one.unknown,
            "partitions": one.partitions,
            "possible": one.possible,
            "share": one.macs_share,
            "refusals": [f"{r.count} × {r.op}: {r.reason}{' (cuts)' * bool(r.cuts)}" for r in one.refusals],
            "origins": [origin for r in one.refusals for origin in r.origins][:4],
        }
        for one in coverage.accelerators
    }


def _ran(records: list[ParityRecord]) -> Row | None:
    """The verdict of the GPU, with the comparison that leaves the least room."""
    if not records:
        return None
    closest, typical = tightest(records), tightest(record for record in records if record.input == "random")
    gpu = next((record.gpu for record in records if record.gpu), None)
    return {
        "verdict": overall(records),
        "reason": "; ".join(dict.fromkeys(r.reason for r in records if r.verdict != "passed" and r.reason)),
        "db": closest and closest.snr_db,
        "required_db": closest and closest.required_snr_db,
        "input": closest and closest.input,
        "random_db": typical and typical.snr_db,
        "gpu": gpu and gpu.model_dump(mode="json"),
    }
