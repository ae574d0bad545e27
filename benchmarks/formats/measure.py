"""One model through the stages of a build: captured, lowered, run, compared; no SDK is made."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks.formats.bare import bare_figures
from benchmarks.formats.table import Figures, Row
from benchmarks.survey import entry_of
from deploykit import stages
from deploykit.errors import DeploykitError
from deploykit.manifest import tightest
from deploykit.progress import Progress
from deploykit.project import Entry
from deploykit.request import BuildRequest
from deploykit.stages.check import Checked

TARGETS = {"onnx": ("android_onnx",), "tflite": ("android_litert", "android_tflite"), "coreml": ("ios_coreml",)}
"""Format → targets that deliver it; between them they name every runner of this host."""


def measure(name: str, file: Path, bare: bool, workers: int = 1) -> Row:
    """Everything that is known of one model of a list; `workers` jobs at a time."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        row: Row = {"name": name}
        try:
            row |= _formats(entry_of(name, file, root), root / "out", workers)
        except DeploykitError as error:
            row["failed"] = " ".join(str(error).split())[:300]
        if bare:
            row["bare"] = bare_figures(name, file, root)
    return row


def _formats(source: Entry, out: Path, workers: int) -> Row:
    out.mkdir()
    start = time.monotonic()
    plan = stages.plan(source, tuple(target for targets in TARGETS.values() for target in targets), ("fp32",))
    progress = Progress()
    with stages.workspace(out, BuildRequest(source, out, workers=workers), plan, progress) as work:
        captured = stages.capture(work, source, plan)
        capture_s = time.monotonic() - start
        lowered = stages.lower(work, captured, plan)
        outputs = stages.run(work, captured, lowered, plan)
        examined = stages.examine(work, lowered)
        checked = stages.check(work, captured, lowered, outputs, examined, plan)
    figures = {name: _figures([c for c in checked if c.item.target.name in TARGETS[name]]) for name in TARGETS}
    return {
        "parameters": captured.parameters,
        "seconds": {"capture": round(capture_s, 1), "all": round(time.monotonic() - start, 1)},
        "formats": figures,
    }


def _figures(checked: list[Checked]) -> Figures:
    """Of one format: the worst over its targets, runners and inputs."""
    made = checked[0].lowered
    records = [record for c in checked for record in c.parity]
    verdicts = {c.manifest.verdict if c.manifest else "failed" for c in checked}
    closest, typical = tightest(records), tightest(record for record in records if record.input == "random")
    return {
        "verdict": "passed" if verdicts == {"passed"} else "failed" if "failed" in verdicts else "not_run",
        "reason": "; ".join(dict.fromkeys(r.reason for r in records if r.verdict == "failed"))
        or "; ".join(g.reason for c in checked if c.manifest for g in c.manifest.gates if g.verdict != "passed"),
        "road": made.road,
        "roads": [record.model_dump(mode="json", exclude_defaults=True) for record in made.roads_tried],
        "db": closest and closest.snr_db,
        "required_db": closest and closest.required_snr_db,
        "input": closest and closest.input,
        "random_db": typical and typical.snr_db,
        "seconds": round(sum(record.seconds or 0.0 for record in made.roads_tried), 1),
    }
