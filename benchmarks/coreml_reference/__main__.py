"""Every model of the coverage list through deploykit's Core ML road, executed by the reference runner, and judged.

    python -m benchmarks.coreml_reference [NAMES…] [--markdown docs/coreml-reference.md] [--json FILE] [--resume]

Each model has a process of its own with a time limit, so that a crash is a result. `--json` keeps the figures after each
model; with `--resume` models that it has are not measured again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.coreml_reference.table import markdown, verdicts

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
        _one(arguments.names[0], arguments.one, frozenset(arguments.parts))
        return
    from benchmarks.coverage import MODELS

    names = arguments.names or list(MODELS)
    if unknown := set(names) - set(MODELS):
        parser.error(f"not in the list: {', '.join(sorted(unknown))}")
    results = json.loads(arguments.json.read_text()) if arguments.json.exists() else {}
    for name in names:
        if not (arguments.resume and name in results):
            results[name] = _in_a_process(name, arguments.parts, arguments.limit)
            arguments.json.parent.mkdir(parents=True, exist_ok=True)
            arguments.json.write_text(json.dumps(results, indent=1) + "\n")
        for line in verdicts(results[name]):
            print(f"{name:32} {line}", flush=True)
    if arguments.markdown:
        arguments.markdown.parent.mkdir(parents=True, exist_ok=True)
        arguments.markdown.write_text(markdown([results[name] for name in MODELS if name in results]))


def _in_a_process(name: str, parts: list[str], limit: float) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        file, log = Path(folder) / "result.json", Path(folder) / "log"
        command = [sys.executable, "-m", "benchmarks.coreml_reference", name, "--one", str(file), "--parts", *parts]
        with log.open("w") as out:
            try:
                code = subprocess.run(command, stdout=out, stderr=out, timeout=limit, check=False).returncode
                ended = f"the process ended with code {code}"
            except subprocess.TimeoutExpired:
                code, ended = 1, f"not done after {limit:.0f} s"
        result = json.loads(file.read_text()) if file.exists() else {"name": name}
        if code and not result.get("failed"):
            last = log.read_text(errors="replace").strip().splitlines()[-1:]
            result |= {"failed": "crash", "reason": " ".join([ended, *last])[:300]}
        return result


def _one(name: str, file: Path, parts: frozenset[str]) -> None:
    import torch

    from benchmarks.coreml_reference.measure import Result, measure

    torch.set_num_threads(1)  # the same sums in the same order on any machine

    def save(result: Result) -> None:
        partial = file.with_suffix(".part")
        partial.write_text(json.dumps(asdict(result)))
        os.replace(partial, file)

    measure(Result(name), save, parts=parts)


if __name__ == "__main__":
    main()
