"""Builds every network of the zoo in all three formats, measures each file here, and writes what came of it.

    python -m benchmarks.zoo [NAMES…] [--out build/zoo]

What is done and has not changed is not done again: builds are a batch (docs/batch.md), and files that were timed stay
so. Networks whose packages are missing are named, and keep what was measured before.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from benchmarks.zoo.page import page
from deploykit.batch import Job, Options, run_batch
from deploykit.jobs import IsolatedPool, logged
from deploykit.report.model import Report
from deploykit.zoo import measured
from deploykit.zoo.building import source
from deploykit.zoo.catalogue import FOLDER, entries, find
from deploykit.zoo.entry import ZooEntry

TARGETS = ("android_litert", "android_onnx", "ios_coreml")
"""One for each format."""
RUNS, LIMIT_S = "20", "3"
"""Of all files of a network on one runner, in turns."""
PAGE = Path("docs/zoo.md")


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
    run_batch([_job(entry) for entry in here], Options(options.out), Console(stderr=True))
    for entry in here:
        try:
            found[entry.name] = _figures(entry, options.out / entry.name)
        except FileNotFoundError:
            print(f"{entry.name}: no report; see {options.out / 'report'}")
    for entry in wanted:
        if entry not in here:
            print(f"{entry.name}: not built; missing: {', '.join(entry.missing())}")
    everything = entries()
    found = {entry.name: found[entry.name] for entry in everything if entry.name in found}
    (FOLDER / measured.FILE).write_bytes(measured.write(found))
    PAGE.write_text(page(everything, found), encoding="utf-8")
    wrong = [name for name, each in found.items() if not each.passed]
    print(f"{len(found) - len(wrong)} of {len(everything)} networks have every artifact right; not: {', '.join(wrong)}")
    return 0


def _job(entry: ZooEntry) -> Job:
    return Job(entry.name, source(entry), targets=TARGETS)


def _figures(entry: ZooEntry, folder: Path) -> measured.Measured:
    """Of a build; its files are timed where that was not done."""
    file = folder / "report" / "report.json"
    report = Report.model_validate_json(file.read_bytes())
    if report.bench is None and any(artifact.path for artifact in report.artifacts):
        command = (sys.executable, "-m", "deploykit", "bench", str(folder), "--runs", RUNS, "--limit", LIMIT_S)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        report = Report.model_validate_json(file.read_bytes())
    return measured.of_report(report, _parameters(entry, folder))


def _parameters(entry: ZooEntry, folder: Path) -> int:
    from deploykit.zoo.counting import count_parameters

    with IsolatedPool(1) as pool:
        counted: int = pool.submit(logged, folder / "report" / "logs" / "count.log", count_parameters, entry).result()
    return counted


if __name__ == "__main__":
    sys.exit(main())
