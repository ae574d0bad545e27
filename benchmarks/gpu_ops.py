"""Every probe of an op on LiteRT's GPU engine: what it takes, and what of that it gets wrong.

    python -m benchmarks.gpu_ops [--theme NAME …] [--markdown docs/gpu-ops.md] [--json build/gpu-ops.json] [--resume]

A probe (`deploykit.probes`) is a network of one op or a few. Its file is made as in a build at fp32, run on the CPU,
and, where it is right there, on the GPU with float32 enforced. Needs a Vulkan driver; `VK_DRIVER_FILES` names another.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.markdown import cell
from benchmarks.processes import run_module
from deploykit import vulkan
from deploykit.probes.cases import THEMES

CHUNK = 12
"""Cases of one process: the converter takes seconds to import. One that dies is told apart by asking one at a time."""
LIMIT_S = 60.0
"""Of a case."""

Row = dict[str, Any]
"""`case`, `outcome` (see `TITLES`), `db`, `reason`, `on_cpu`: ops that the GPU left."""

TITLES = {
    "right": "right, whole on the GPU",
    "rough": "whole on the GPU, less than 100 dB",
    "wrong": "wrong on the GPU",
    "crashed": "the engine crashes",
    "partly": "right, some ops on the CPU",
    "left": "the engine takes nothing",
    "refused": "the engine refuses the file",
    "no file": "no file that is right on the CPU",
}


def main() -> int:
    """Parses the command line, measures, writes."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu_ops", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--theme", action="append", choices=list(THEMES), help="only these; may be given again")
    parser.add_argument("--markdown", type=Path, help="writes the table")
    parser.add_argument("--json", type=Path, default=Path("build/gpu-ops.json"), help="keeps the figures")
    parser.add_argument("--resume", action="store_true", help="does only what --json lacks")
    parser.add_argument("--workers", type=int, default=2, help="processes at a time")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("cases", nargs="*", help="ids; all where none is named")
    options = parser.parse_args()
    if options.one:
        options.one.write_text(json.dumps([_measured(case) for case in options.cases]))
        return 0
    if isinstance(driver := vulkan.find(), str):
        parser.error(driver)
    known = [case.id for theme in options.theme or THEMES for case in THEMES[theme]]
    results: dict[str, Row] = json.loads(options.json.read_text()) if options.json.exists() else {}
    todo = [c for c in options.cases or known if not (options.resume and c in results)]
    options.json.parent.mkdir(parents=True, exist_ok=True)
    chunks = [todo[place : place + CHUNK] for place in range(0, len(todo), CHUNK)]
    with ThreadPoolExecutor(options.workers) as pool:
        for job in as_completed([pool.submit(_in_a_process, chunk) for chunk in chunks]):
            for row in job.result():
                results[row["case"]] = row
                if row["outcome"] not in ("right", "no file"):
                    print(f"{row['case']:48} {_line(row)}", flush=True)
            options.json.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    rows = [results[case] for case in known if case in results]
    if options.markdown:
        options.markdown.write_text(markdown(rows))
    found = Counter(row["outcome"] for row in rows)
    print(", ".join(f"{found[name]} {title}" for name, title in TITLES.items() if found[name]))
    return 1 if found["wrong"] or found["crashed"] else 0


def _in_a_process(cases: list[str]) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        why = run_module("benchmarks.gpu_ops", [*cases, "--one", str(result)], LIMIT_S * len(cases))
        if not why:
            rows: list[Row] = json.loads(result.read_text())
            return rows
    if len(cases) == 1:
        return [{"case": cases[0], "outcome": "no file", "reason": why}]
    return [row for case in cases for row in _in_a_process([case])]


def _measured(name: str) -> Row:
    from deploykit.backends import BACKENDS, RUNNERS
    from deploykit.errors import ArtifactError
    from deploykit.prepare.rewriting import rewrite
    from deploykit.probes.judge import judge
    from deploykit.probes.run import prepare, request_of, told

    case = next(case for theme in THEMES.values() for case in theme if case.id == name)
    road = BACKENDS["litert"].roads[0]
    row: Row = {"case": name}
    try:
        prepared = prepare(case)
        program, _ = rewrite(prepared.program, road.rewrites)
        with request_of("litert", prepared.signature) as request:
            file = road.function(program, request)
            with RUNNERS["litert"].open(file) as cpu:
                found = judge(prepared.reference, prepared.exact, cpu.run(prepared.inputs))
            if found.outcome not in ("right", "rough"):
                return row | {"outcome": "no file", "reason": f"on the CPU: {found.outcome}, {found.reason}"}
            try:
                with RUNNERS["litert-gpu"].open(file, arithmetic="fp32") as gpu:
                    made = gpu.run(prepared.inputs)
                    where = gpu.residency()
            except ArtifactError as error:
                text = str(error)
                return row | {"outcome": "crashed" if "crashed" in text else "refused", "reason": text}
    except Exception as error:  # a converter may raise anything, and what it says is the result
        return row | {"outcome": "no file", "reason": told(error)}
    on_gpu = judge(prepared.reference, prepared.exact, made)
    row |= {"db": on_gpu.snr_db, "cpu_db": found.snr_db, "reason": on_gpu.reason}
    assert where is not None
    row |= {"on_cpu": where.on_cpu, "left": list(where.left)}
    if on_gpu.outcome not in ("right", "rough"):
        return row | {"outcome": "wrong"}
    if where.on_cpu == 0:
        return row | {"outcome": on_gpu.outcome}
    return row | {"outcome": "partly" if where.on_gpu else "left"}


def markdown(rows: list[Row]) -> str:
    """The page for the docs."""
    found = Counter(row["outcome"] for row in rows)
    lines = [
        "# Ops on LiteRT's GPU engine",
        "",
        f"`python -m benchmarks.gpu_ops`, with ai-edge-litert {version('ai-edge-litert')}, litert-torch "
        f"{version('litert-torch')}, torch {version('torch')}: the {len(rows)} probes of `deploykit probes`, each made "
        "as in a build at fp32, and run with float32 enforced.",
        "",
        "| what came of it | probes |",
        "|---|--:|",
        *(f"| {title} | {found[name]} |" for name, title in TITLES.items() if found[name]),
    ]
    for name in ("wrong", "crashed", "rough", "partly", "left", "refused"):
        of = [row for row in rows if row["outcome"] == name]
        if of:
            lines += [
                "",
                f"## {TITLES[name][0].upper()}{TITLES[name][1:]}",
                "",
                "| probe | what is said |",
                "|---|---|",
            ]
            lines += [f"| `{row['case']}` | {cell(_line(row))} |" for row in of]
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    db = f"{row['db']:.0f} dB; " if row.get("db") is not None else ""
    left = ", ".join(row.get("left") or ())
    return f"{row['outcome']}: {db}{'; '.join(part for part in (row['reason'], left) if part)}"


if __name__ == "__main__":
    sys.exit(main())
