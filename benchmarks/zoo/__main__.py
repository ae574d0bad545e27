"""Builds every network of the zoo in all three formats, measures each file here, and writes what came of it.

    python -m benchmarks.zoo [NAMES…] [--out build/zoo]

What is done and has not changed is not done again: builds are a batch (docs/batch.md), and files that were timed stay
so. Networks whose packages are missing are named, and keep what was measured before.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from benchmarks.zoo.page import PAGE, page
from deploykit import digests
from deploykit.batch import Job, Options, run_batch
from deploykit.bench.records import Bench
from deploykit.jobs import IsolatedPool, logged
from deploykit.report.model import Report
from deploykit.zoo import measured
from deploykit.zoo.building import source
from deploykit.zoo.catalogue import FOLDER, entries, find
from deploykit.zoo.entry import ZooEntry
from deploykit.zoo.measured import Measured
from deploykit.zoo.sdks import all_sdks

TARGETS = ("android_litert", "android_onnx", "ios_coreml")
"""One for each format."""
TIMED = {"android_litert": "litert", "android_onnx": "onnxruntime"}
"""Runners whose times mean something: no interpreter that goes op by op, no GPU that a CPU plays."""
RUNS, LIMIT_S = "20", "1.5"
"""Of all files of a network on one runner, in turns."""


def main() -> int:
    """Parses the command line, builds, measures, writes."""
    known = argparse.ArgumentParser(
        prog="python -m benchmarks.zoo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known.add_argument("names", nargs="*", metavar="NAMES", help="networks; all where none is named")
    known.add_argument("--out", type=Path, default=Path("build/zoo"), help="gets a folder for each")
    options = known.parse_args()
    wanted = find(options.names) if options.names else entries()
    here = [entry for entry in wanted if not entry.missing()]
    found = measured.all_measured()
    summary = run_batch([_job(entry) for entry in here], Options(options.out), Console(stderr=True))
    with IsolatedPool(1, ("torch",)) as pool:
        for entry, job in zip(here, summary.jobs, strict=True):
            # A build that failed leaves the report of an earlier one where it is: that one is not of now.
            built = job.folder is not None
            found[entry.name] = _figures(entry, options.out, found, pool) if built else Measured(failed=job.headline)
    for entry in wanted:
        if entry not in here:
            print(f"{entry.name}: not built; missing: {', '.join(entry.missing())}")
    everything = entries()
    found = {entry.name: found[entry.name] for entry in everything if entry.name in found}
    (FOLDER / measured.FILE).write_bytes(measured.write(found))
    PAGE.write_text(page(everything, found, all_sdks()), encoding="utf-8")
    wrong = [name for name, each in found.items() if not each.passed]
    print(f"{len(found) - len(wrong)} of {len(everything)} networks have every artifact right; not: {', '.join(wrong)}")
    return 0


def _job(entry: ZooEntry) -> Job:
    return Job(entry.name, source(entry), targets=TARGETS)


def _figures(entry: ZooEntry, out: Path, before: Mapping[str, Measured], pool: IsolatedPool) -> Measured:
    """Of a build that is done; what was measured of these very files is not measured again."""
    report = Report.model_validate_json((out / entry.name / "report" / "report.json").read_bytes())
    times = out / "timed" / f"{entry.name}-{digests.of([each.sha256 for each in report.artifacts])[:16]}.json"
    known = before.get(entry.name)
    counted = known.parameters if known and times.exists() else None
    if any(each.path and each.target in TIMED for each in report.artifacts):
        report = report.model_copy(update={"bench": _timed(out / entry.name, times)})
    if counted is None:
        from deploykit.zoo.counting import count_parameters

        times.parent.mkdir(exist_ok=True)
        counted = pool.submit(logged, times.parent / f"{entry.name}.log", count_parameters, entry).result()
    return measured.of_report(report, counted)


def _timed(build: Path, times: Path) -> Bench:
    if not times.exists():
        times.parent.mkdir(exist_ok=True)
        # Of a copy: times written into the build's own report would make it one that has to be done again.
        with tempfile.TemporaryDirectory(dir=times.parent) as scratch:
            copy = shutil.copytree(build, Path(scratch) / build.name, copy_function=os.link)
            runners = [part for runner in TIMED.values() for part in ("--runner", runner)]
            command = (sys.executable, "-m", "deploykit", "bench", copy, "--runs", RUNS, "--limit", LIMIT_S, *runners)
            subprocess.run((*command, "--json", times), check=True, stdout=subprocess.DEVNULL)
    return Bench.model_validate_json(times.read_bytes())


if __name__ == "__main__":
    sys.exit(main())
