"""Every model of a list through all three formats, each file run and compared with PyTorch: `make coverage`.

    python -m benchmarks.formats [NAMES…] [--list FILE.py] [--bare] [--markdown docs/coverage.md] [--resume]

A list is a Python file with `MODELS`, a dictionary of name → factory that gives (model, example inputs), and maybe
`alive(model, inputs)`, which gives an untrained network outputs with a spread. Each model has a process of its own with
a time limit, so that a crash is a result. `--json` keeps what is known after each model; with `--resume` only what is
missing or went wrong is done. With `--bare` the converters by themselves are measured, too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from benchmarks.formats.table import Row, markdown, passed, summary
from benchmarks.processes import run_module

LIMIT_S = 1200.0
LIST = Path(__file__).parents[1] / "coverage.py"


def main() -> int:
    """Parses the command line, measures, writes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.formats", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAMES", help="models; all where none is named")
    parser.add_argument("--list", type=Path, default=LIST, help="where MODELS is")
    parser.add_argument("--bare", action="store_true", help="measures the converters by themselves, too")
    parser.add_argument("--markdown", type=Path, help="writes the table")
    parser.add_argument("--json", type=Path, default=Path("build/coverage.json"), help="keeps the figures")
    parser.add_argument("--resume", action="store_true", help="does only what --json lacks, or what went wrong")
    parser.add_argument("--workers", type=int, default=2, help="models at a time")
    parser.add_argument("--limit", type=float, default=LIMIT_S, help="seconds per model")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        from benchmarks.formats.measure import measure

        (name,) = options.names
        options.one.write_text(json.dumps(measure(name, options.list.resolve(), options.bare)))
        return 0
    known = names_of(options.list)
    names = options.names or known
    if unknown := set(names) - set(known):
        parser.error(f"not in {options.list}: {', '.join(sorted(unknown))}")
    results: dict[str, Row] = json.loads(options.json.read_text()) if options.json.exists() else {}
    todo = [name for name in names if not (options.resume and _done(results.get(name), options.bare))]
    options.json.parent.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(options.workers) as pool:
        jobs = {pool.submit(_in_a_process, name, options.list, options.bare, options.limit): name for name in todo}
        for job in as_completed(jobs):
            name = jobs[job]
            results[name] = job.result()
            partial = options.json.with_suffix(".part")
            partial.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
            partial.replace(options.json)
            print(f"{name:32} {summary(results[name])}", flush=True)
    rows = [results[name] for name in known if name in results]
    if options.markdown:
        options.markdown.parent.mkdir(parents=True, exist_ok=True)
        options.markdown.write_text(markdown(rows))
    print(f"{sum(passed(row) for row in rows)} of {len(rows)} pass in all three formats")
    return 0 if all(passed(results[name]) for name in names) else 1


def names_of(file: Path) -> list[str]:
    """The names of a list, in order; asked of another process, since a list imports torch and more."""
    code = "import runpy, sys, json; print(json.dumps(list(runpy.run_path(sys.argv[1])['MODELS'])))"
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{file} is no list of models: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")
    names: list[str] = json.loads(done.stdout.splitlines()[-1])
    return names


def _done(row: Row | None, bare: bool) -> bool:
    return row is not None and passed(row) and (not bare or "bare" in row)


def _in_a_process(name: str, file: Path, bare: bool, limit: float) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        options = ["--list", str(file), "--one", str(result), *(["--bare"] if bare else [])]
        why = run_module("benchmarks.formats", [name, *options], limit)
        if why:
            return {"name": name, "failed": why}
        row: Row = json.loads(result.read_text())
        return row


if __name__ == "__main__":
    sys.exit(main())
