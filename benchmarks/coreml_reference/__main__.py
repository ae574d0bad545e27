"""Every model of the coverage list through deploykit's Core ML road, executed by the reference runner, and judged.

    python -m benchmarks.coreml_reference [NAMES…] [--markdown docs/coreml-reference.md] [--json FILE] [--resume]

Each model has a process of its own with a time limit, so that a crash is a result. `--json` keeps the figures after
each model; with `--resume` only the parts that it lacks are measured.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.coreml_reference.table import Row, markdown, summary
from benchmarks.processes import run_module

if TYPE_CHECKING:  # torch takes seconds to import
    from benchmarks.coreml_reference.measure import Part

PARTS = ("numbers", "onnx", "cost")
LIMIT_S = 900.0


def main() -> None:
    """Parses the command line, measures, writes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coreml_reference", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAMES", help="models; all where none is named")
    parser.add_argument("--markdown", type=Path, help="writes the table")
    parser.add_argument("--json", type=Path, default=Path("build/coreml-reference.json"), help="keeps the figures")
    parser.add_argument("--resume", action="store_true", help="measures only what --json does not have")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="what to measure beside fp32")
    parser.add_argument("--limit", type=float, default=LIMIT_S, help="seconds per model")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        _one(arguments.one, arguments.parts)
        return
    from benchmarks.coverage import MODELS

    names = arguments.names or list(MODELS)
    if unknown := set(names) - set(MODELS):
        parser.error(f"not in the list: {', '.join(sorted(unknown))}")
    results = json.loads(arguments.json.read_text()) if arguments.json.exists() else {}
    for name in names:
        known = results.get(name, {"name": name}) if arguments.resume else {"name": name}
        if missing := _missing(known, arguments.parts):
            results[name] = _in_a_process(known, missing, arguments.limit)
            arguments.json.parent.mkdir(parents=True, exist_ok=True)
            arguments.json.write_text(json.dumps(results, indent=1) + "\n")
        print(f"{name:32} {summary(results[name])}", flush=True)
    if arguments.markdown:
        from benchmarks.coreml_reference.agreement import RANKED
        from benchmarks.coreml_reference.subject import DRAWS

        arguments.markdown.parent.mkdir(parents=True, exist_ok=True)
        rows = [results[name] for name in MODELS if name in results]
        arguments.markdown.write_text(markdown(rows, DRAWS, RANKED))


def _missing(row: Row, parts: list[str]) -> list[str]:
    """The parts to measure: those that are not known; none where a model is known to fail."""
    return [] if row.get("failed") else [part for part in parts if part not in row.get("seconds", {})]


def _in_a_process(known: Row, parts: list[str], limit: float) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "result.json"
        file.write_text(json.dumps(known))
        why = run_module("benchmarks.coreml_reference", ["--one", str(file), "--parts", *parts], limit)
        result: Row = json.loads(file.read_text())
        if why and not result.get("failed"):
            result |= {"failed": "crash", "reason": why}
        return result


def _one(file: Path, parts: list[Part]) -> None:
    import torch

    from benchmarks.coreml_reference.measure import Result, measure

    torch.set_num_threads(1)  # the same sums in the same order on any machine

    def save(result: Result) -> None:
        partial = file.with_suffix(".part")
        partial.write_text(json.dumps(asdict(result)))
        partial.replace(file)

    measure(Result(**json.loads(file.read_text())), save, parts=frozenset(parts))


if __name__ == "__main__":
    main()
