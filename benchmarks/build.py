"""How long a cold build takes, beside the bare converters: `python -m benchmarks.build`.

    python -m benchmarks.build [NAMES…] [--rounds N] [--markdown docs/build-speed.md]

Both sides make the same three files at fp32 of a model of the coverage list, each in a process of its own, with its
start and its imports. The bare side calls the three converters one after another, saves what they give, and runs the
ONNX and the TFLite file once. deploykit captures the model, lowers it with two workers, runs every file on every runner
with eleven inputs, and judges it; nothing is taken from a cache. The two sides take turns in going first. Then the bare
side has all models once more in one process, and the digits sample is built again and again with nothing changed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

LIST = Path(__file__).parent / "coverage.py"
NAMES = (
    "mobilenetv3_small_100",
    "starnet_s1",
    "repvit_m0_9",
    "mobileone_s0",
    "deit_tiny_patch16_224",
    "convnext_atto",
    "shufflenet_v2_x1_0",
    "lraspp_mobilenet_v3_large",
    "subpixel",
    "unet",
)
"""Of those that the bare converters bring through all three formats: old and new, convolutions and attention."""
SIDES = ("bare", "deploykit")
TOOLS = ("torch", "coremltools", "litert-torch", "onnxscript", "timm")


@dataclass(frozen=True)
class Took:
    """One side's time for one model."""

    seconds: float
    cpu_s: float
    result: dict[str, Any]
    """What it made: format → verdict."""
    load: float = 0.0
    """Processes that wanted a core when it began, on the average of a minute."""


def main() -> int:
    """Measures, prints, and writes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.build", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAMES", help="models of benchmarks/coverage.py")
    parser.add_argument("--rounds", type=int, default=1, help="of each model; the least time counts")
    parser.add_argument("--markdown", type=Path, help="writes the table")
    parser.add_argument("--json", type=Path, help="writes the figures")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        made = {name: _one(options.side, name) for name in options.names}
        print(json.dumps({kind: made[name][kind] for name in made for kind in made[name]}))
        return 0
    results: dict[str, dict[str, Took]] = {}
    for number, name in enumerate(options.names or NAMES):
        for turn in range(options.rounds):
            for side in SIDES if (number + turn) % 2 == 0 else SIDES[::-1]:
                took = _timed(side, [name])
                best = results.setdefault(name, {}).get(side)
                if best is None or took.seconds < best.seconds:
                    results[name][side] = took
        print(_line(name, results[name]), flush=True)
    print(_line("all", _total(results)), f"median {_median(results):.2f}")
    together, again = _timed("bare", list(results)), _unchanged()
    ratio = _total(results)["deploykit"].seconds / together.seconds
    print(f"bare, all in one process: {together.seconds:.1f} s, ratio {ratio:.2f}")
    print(f"a build with no change: {again:.2f} s")
    if options.json:
        plain = {name: {side: asdict(took) for side, took in sides.items()} for name, sides in results.items()}
        options.json.write_text(json.dumps(plain, indent=1) + "\n")
    if options.markdown:
        options.markdown.write_text(markdown(results, together, again))
    return 0


def _one(side: str, name: str) -> dict[str, Any]:
    """What one side makes of a model, in this process."""
    if side == "bare":
        from benchmarks.formats.bare import bare_figures

        with tempfile.TemporaryDirectory() as folder:
            figures = bare_figures(name, LIST, Path(folder))
        return {kind: figure["verdict"] for kind, figure in figures.items()}
    from benchmarks.formats.measure import measure

    row = measure(name, LIST, bare=False, workers=2)
    return {
        kind: figure["verdict"] for kind, figure in row.get("formats", {"": {"verdict": row.get("failed")}}).items()
    }


def _unchanged() -> float:
    """The median of five builds of the digits sample with nothing changed since the one before, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "deploykit", "build", "sample_apps/digits", "--out", f"{folder}/out"]
        subprocess.run(command, capture_output=True, check=True)
        seconds = []
        for _ in range(5):
            start = time.monotonic()
            subprocess.run(command, capture_output=True, check=True)
            seconds.append(time.monotonic() - start)
    return median(seconds)


def _timed(side: str, names: list[str]) -> Took:
    command = [sys.executable, "-m", "benchmarks.build", *names, "--side", side]
    load = os.getloadavg()[0]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(
            f"{side} failed at {', '.join(names)}: {(done.stderr.strip().splitlines() or ['no message'])[-1]}"
        )
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(round(seconds, 2), round(cpu, 2), json.loads(done.stdout.splitlines()[-1]), round(load, 1))


def _total(results: dict[str, dict[str, Took]]) -> dict[str, Took]:
    return {
        side: Took(sum(r[side].seconds for r in results.values()), sum(r[side].cpu_s for r in results.values()), {})
        for side in SIDES
    }


def _line(name: str, sides: dict[str, Took]) -> str:
    bare, ours = (sides[side] for side in SIDES)
    odd = {kind: verdict for kind, verdict in ours.result.items() if verdict != "passed"}
    figures = (
        f"bare {bare.seconds:6.1f} s (cpu {bare.cpu_s:.0f}), deploykit {ours.seconds:6.1f} s (cpu {ours.cpu_s:.0f})"
    )
    return f"{name:28} {figures}, ratio {ours.seconds / bare.seconds:.2f}" + (f" {odd}" if odd else "")


def markdown(results: dict[str, dict[str, Took]], together: Took, again: float) -> str:
    """The page for the docs.

    Args:
        results: model → side → its time.
        together: the bare side with all models in one process.
        again: seconds of a build with no change.
    """
    tools = ", ".join(f"{tool} {version(tool)}" for tool in TOOLS)
    rows = [*results.items(), ("**all**", _total(results))]
    return "\n".join(
        [
            "# Speed of a cold build",
            "",
            f"`python -m benchmarks.build`, with {tools}, Python {sys.version.split()[0]}, on {os.cpu_count()} cores.",
            "",
            "Seconds from the start of a process to its end, for Core ML, LiteRT and ONNX files of a model, at fp32. "
            "The bare converters are called one after another in one process, as their documentation shows, and the "
            "ONNX and TFLite files run once. deploykit does that with two workers and more: it folds and rewrites, "
            "checks each rewrite, runs every file on every runner with eleven inputs, and compares with PyTorch. "
            "Nothing comes from a cache. CPU seconds are of all processes.",
            "",
            "| model | bare converters | deploykit | ratio | CPU, bare | CPU, deploykit | verdicts |",
            "|---|--:|--:|--:|--:|--:|---|",
            *(_row(name, sides) for name, sides in rows),
            "",
            f"With all models in one process, which imports everything once, the bare converters take "
            f"{together.seconds:.1f} s; deploykit's sum is "
            f"{_total(results)['deploykit'].seconds / together.seconds:.2f} times that.",
            "",
            f"A build of `sample_apps/digits` with nothing changed takes {again:.2f} s (median of five).",
            "",
            f"The median of the ratios is {_median(results):.2f}. Where a network can be reparameterised (MobileOne, "
            "RepViT) deploykit does that first, and has far less to lower. The load average was "
            f"{_load(results)} when a side began; on a machine with nothing else to do it is 1 to 2.",
            "",
        ]
    )


def _median(results: dict[str, dict[str, Took]]) -> float:
    return median(sides["deploykit"].seconds / sides["bare"].seconds for sides in results.values())


def _load(results: dict[str, dict[str, Took]]) -> str:
    loads = [took.load for sides in results.values() for took in sides.values()]
    return f"{min(loads):.1f} to {max(loads):.1f}"


def _row(name: str, sides: dict[str, Took]) -> str:
    bare, ours = (sides[side] for side in SIDES)
    verdicts = ", ".join(dict.fromkeys(ours.result.values()))
    return (
        f"| {name} | {bare.seconds:.1f} s | {ours.seconds:.1f} s | {ours.seconds / bare.seconds:.2f} "
        f"| {bare.cpu_s:.0f} s | {ours.cpu_s:.0f} s | {verdicts} |"
    )


if __name__ == "__main__":
    sys.exit(main())
