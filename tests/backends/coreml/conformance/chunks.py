"""Runs cases in processes of their own, some hundred in each: a crash or a hang takes one case and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.backends.coreml.conformance.cases import Case, Result

ROOT = Path(__file__).parents[4]
_PATIENCE = 180
"""Seconds without a result after which a process counts as hung; importing and collecting take up to a minute."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What all processes of a run have in common; see `seam.install`."""

    seed: int = 0
    broken: str | None = None
    tolerance: float = 0.0
    expression: str = ""


def collect(paths: Sequence[str], settings: Settings) -> dict[str, list[int]]:
    """Which cases there are: test function → indices."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cases.json"
        _run(Path(folder), _job(settings, file, paths, None), file)
        if not file.is_file():
            raise RuntimeError(f"coremltools' tests could not be collected:\n{(Path(folder) / 'log').read_text()}")
        found: dict[str, list[int]] = json.loads(file.read_text())
        return found


def execute(
    cases: Sequence[Case], settings: Settings, size: int = 300, progress: Callable[[int], None] = lambda done: None
) -> list[Result]:
    """Runs cases, `size` of them in one process, and calls `progress` with the number that is done."""
    results: list[Result] = []
    for start in range(0, len(cases), size):
        left = list(cases[start : start + size])
        while left:
            got = list(_chunk(left, settings))
            results += got
            progress(len(results))
            done = {result.case for result in got}
            left = [case for case in left if case not in done]
    return results


def _chunk(cases: Sequence[Case], settings: Settings) -> Iterator[Result]:
    """The results of one process; at least one, so that whoever repeats it for the rest comes to an end."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "results"
        code = _run(Path(folder), _job(settings, file, sorted({case.file for case in cases}), cases), file)
        lines = [json.loads(line) for line in file.read_text().splitlines()] if file.is_file() else []
        log = (Path(folder) / "log").read_text()[-1000:]
    finished = [Result(**line) for line in lines if "started" not in line]
    yield from finished
    done = {result.case for result in finished}
    started = [Case(*line["started"]) for line in lines if "started" in line]
    if lost := [case for case in started if case not in done]:
        yield _crashed(lost[-1], f"the process ended with {code}")
    elif len(done) < len(cases):
        # It ended between two cases or before the first; nothing says that a further process would do better.
        missing = [case for case in cases if case not in done]
        yield from (_crashed(case, f"its process ended with {code} before it: {log}") for case in missing)


def _crashed(case: Case, message: str) -> Result:
    return Result(case.function, case.index, f"{case.function}[{case.index}]", "crashed", message, 0, 0, 0, "", 0.0)


def _job(settings: Settings, file: Path, paths: Sequence[str], cases: Sequence[Case] | None) -> dict[str, Any]:
    return {
        "file": str(file),
        "paths": list(paths),
        "cases": None if cases is None else [[case.function, case.index] for case in cases],
        "seed": settings.seed,
        "broken": settings.broken,
        "tolerance": settings.tolerance,
        "expression": settings.expression,
    }


def _run(folder: Path, job: dict[str, Any], file: Path) -> int:
    """Runs a worker; ends it when it writes nothing for too long. Its output goes to the file `log`."""
    (folder / "job.json").write_text(json.dumps(job))
    command = [sys.executable, "-m", "tests.backends.coreml.conformance.worker", str(folder / "job.json")]
    environment = os.environ | {
        "PYMIL_TEST_TARGETS": "mlprogram",
        "INCLUDE_MIL_FP32_UNIT_TESTS": "1",
        # Parameters that stand in a set keep their order from one process to the next.
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "TMPDIR": str(folder),
        "OMP_NUM_THREADS": "1",
        "TQDM_DISABLE": "1",
    }
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        last, size = time.monotonic(), -1
        while True:
            try:
                return process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                now = file.stat().st_size if file.is_file() else -1
                if now != size:
                    last, size = time.monotonic(), now
                elif time.monotonic() - last > _PATIENCE:
                    process.kill()
                    process.wait()
