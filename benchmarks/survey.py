"""Every model of a list, each in a process of its own with a time limit, so that a crash is a result.

A list is a Python file with `MODELS`, a dictionary of name → factory that gives (model, example inputs), and maybe
`alive(model, inputs)`, which gives an untrained network outputs with a spread. What is known is kept after each model.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from benchmarks.processes import run_module
from deploykit.project import Entry
from deploykit.spec import ModelSpec

Row = dict[str, Any]
"""What is known of a model: `name`, and `failed` (why) where nothing else is."""

LIST = Path(__file__).parent / "coverage.py"

ENTRY = """\
import runpy

_LIST = runpy.run_path({file!r})


def model():
    network, inputs = _LIST["MODELS"][{name!r}]()
    return _LIST.get("alive", lambda network, inputs: network)(network, inputs), inputs
"""


def parser(module: str, doc: str | None, kept: Path, limit: float) -> argparse.ArgumentParser:
    """The command line that all surveys have.

    Args:
        module: of `python -m`.
        doc: what it does.
        kept: where the figures are kept unless told otherwise.
        limit: seconds per model unless told otherwise.
    """
    found = argparse.ArgumentParser(
        prog=f"python -m {module}", description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    found.add_argument("names", nargs="*", metavar="NAMES", help="models; all where none is named")
    found.add_argument("--list", type=Path, default=LIST, help="where MODELS is")
    found.add_argument("--markdown", type=Path, help="writes the table")
    found.add_argument("--json", type=Path, default=kept, help="keeps the figures")
    found.add_argument("--resume", action="store_true", help="does only what --json lacks, or what went wrong")
    found.add_argument("--workers", type=int, default=2, help="models at a time")
    found.add_argument("--limit", type=float, default=limit, help="seconds per model")
    found.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    return found


def survey(
    module: str,
    options: argparse.Namespace,
    extra: Sequence[str],
    done: Callable[[Row], bool],
    summary: Callable[[Row], str],
) -> list[Row]:
    """Measures what is asked for, a line for each model, and gives all that is known, in the order of the list.

    Args:
        module: whose command line takes `NAME --one FILE`, measures one model and writes its row there.
        options: of `parser`.
        extra: further arguments for it.
        done: whether a row need not be measured again under `--resume`.
        summary: a line of a row.

    Raises:
        SystemExit: if a name is not in the list.
    """
    known = names_of(options.list)
    if unknown := set(options.names) - set(known):
        raise SystemExit(f"not in {options.list}: {', '.join(sorted(unknown))}")
    results: dict[str, Row] = json.loads(options.json.read_text()) if options.json.exists() else {}
    todo = [name for name in options.names or known if not (options.resume and name in results and done(results[name]))]
    options.json.parent.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(options.workers) as pool:
        jobs = {pool.submit(_measured, module, name, options, extra): name for name in todo}
        for job in as_completed(jobs):
            name = jobs[job]
            results[name] = job.result()
            partial = options.json.with_suffix(".part")
            partial.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
            partial.replace(options.json)
            print(f"{name:32} {summary(results[name])}", flush=True)
    return [results[name] for name in known if name in results]


def names_of(file: Path) -> list[str]:
    """The names of a list, in order; asked of another process, since a list imports torch and more."""
    code = "import runpy, sys, json; print(json.dumps(list(runpy.run_path(sys.argv[1])['MODELS'])))"
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{file} is no list of models: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")
    names: list[str] = json.loads(done.stdout.splitlines()[-1])
    return names


def entry_of(name: str, file: Path, folder: Path) -> Entry:
    """A model of a list as a source that deploykit builds from, written into a folder."""
    (folder / "entry.py").write_text(ENTRY.format(file=str(file), name=name))
    return Entry(folder, ModelSpec(entry="entry.py:model"))


def _measured(module: str, name: str, options: argparse.Namespace, extra: Sequence[str]) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        given = [name, "--list", str(options.list.resolve()), "--one", str(result), *extra]
        if why := run_module(module, given, options.limit):
            return {"name": name, "failed": why}
        row: Row = json.loads(result.read_text())
        return row
