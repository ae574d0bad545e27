"""Verdicts on the figures, and the table."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

FP32_DB = 70.0
"""Demanded at fp32, in dB, unless the noise floor less `FP32_MARGIN_DB` is lower (`deploykit.parity.tolerance`)."""
FP32_MARGIN_DB = 15.0
FP16_MARGIN_DB = 3.0
"""How far below the honest fp16 floor an fp16 artifact may be."""

Row = dict[str, Any]


def fp32_verdict(row: Row) -> str:
    """`ok`, or what is wrong; empty where nothing was executed."""
    if row.get("fp32_db") is None:
        return ""
    floor = row.get("fp32_floor_db")
    wanted = FP32_DB if floor is None else min(FP32_DB, floor - FP32_MARGIN_DB)
    if row["fp32_same"] < 1:
        return f"{row['fp32_same']:.1%} of the elements are the same"
    return "ok" if row["fp32_db"] > wanted else f"below {wanted:.0f} dB"


def fp16_verdict(row: Row) -> str:
    """`ok`; or the op to blame, for values that fp16 cannot hold; or `below the floor`."""
    if row.get("fp16_db") is None:
        return ""
    if row.get("excesses"):
        return f"{row['excesses'][0]}, beyond fp16"
    short = row["fp16_floor_db"] - row["fp16_db"]
    if short > FP16_MARGIN_DB or row["fp16_same"] < row["fp16_floor_same"] - 0.05:
        return f"{short:.1f} dB below the floor"
    return "ok"


def summary(row: Row) -> str:
    """A line for the screen."""
    if row.get("failed"):
        return f"{row['failed']}: {row['reason']}"
    return (
        f"fp32 {_db(row, 'fp32_db')} (floor {_db(row, 'fp32_floor_db')}, graph {_db(row, 'graph_db')}) "
        f"{fp32_verdict(row)}; fp16 {_db(row, 'fp16_db')} (floor {_db(row, 'fp16_floor_db')}, unrounded "
        f"{_db(row, 'unrounded_db')}) {fp16_verdict(row)}; onnx {_db(row, 'onnx_db')} {row.get('onnx_reason', '')}; "
        f"time {_ratio(row, 'time_ratio')}, memory {_ratio(row, 'memory_ratio')}"
    )


def _db(row: Row, key: str) -> str:
    value = row.get(key)
    return "–" if value is None else f"{value:.1f}"


def _ratio(row: Row, key: str) -> str:
    value = row.get(key)
    return "–" if value is None else f"{value:.2f}"


def geometric_mean(values: Iterable[float]) -> float:
    """The geometric mean of positive numbers; nan of none."""
    logs = [math.log(value) for value in values]
    return math.exp(sum(logs) / len(logs)) if logs else math.nan


TOOLS = ("coremltools", "torch", "timm", "torchvision", "transformers", "onnxruntime", "numpy")

COLUMNS = ("model", "fp32", "floor", "graph", "ONNX", "", "fp16", "floor", "unrounded", "", "time", "memory")

EXPLAINED = """\
Signal-to-noise ratios in dB, higher is better, over {draws} seeded random inputs; the worst output of a model counts.

- **fp32**: the fp32 artifact against eager PyTorch at fp32. Demanded is more than 70 dB, or 15 dB below its
  **floor**: eager fp32 against eager fp64.
- **graph**: the fp32 artifact in fp64 maths against eager fp64. What is lost here is lost in the graph or its
  constants; batch norms that are folded into fp32 weights cost some dB.
- **ONNX**: the same exported program through deploykit's ONNX road on ONNX Runtime, against the fp32 artifact's
  outputs.
- **fp16**: the fp16 artifact, each op's result rounded to fp16. Demanded is at most 3 dB below its **floor**: the
  exported program in PyTorch with fp32 maths, weights and every ATen op's result rounded to fp16, which knows nothing
  of the artifact. An artifact above it has fused ops, and rounds less often. "ok" says that the conversion lost
  nothing, not that fp16 is enough for the network: untrained ones amplify rounding, most of all levit_128s.
- **unrounded**: the fp16 artifact with fp16 weights, but results not rounded. Ops whose values lie beyond 65504 in it
  are named, in place of the verdict.
- **time** and **memory**: interpreting the fp32 artifact over eager PyTorch, one thread.
  `benchmarks/coreml_reference/cost.py` says how each is measured.

{ranked}
"""


def markdown(rows: list[Row], draws: int, ranked: Iterable[str]) -> str:
    """The table, and what it means."""
    executed = [row for row in rows if row.get("fp32_db") is not None]
    failed = [row for row in rows if row.get("failed")]
    good32 = [row for row in executed if fp32_verdict(row) == "ok"]
    halves = [row for row in executed if row.get("fp16_db") is not None]
    good16 = [row for row in halves if fp16_verdict(row) == "ok"]
    time, memory = ([row[key] for row in rows if row.get(key)] for key in ("time_ratio", "memory_ratio"))
    lines = [
        "# What the Core ML reference runner says of the coverage list",
        "",
        "`python -m benchmarks.coreml_reference --markdown docs/coreml-reference.md`, with Python "
        f"{platform.python_version()}, " + ", ".join(f"{tool} {version(tool).split('+')[0]}" for tool in TOOLS) + ".",
        "",
        f"Of {len(rows)} models {len(executed)} convert and are executed. At fp32 {len(good32)} of {len(executed)} "
        f"compute what PyTorch computes; at fp16 {len(good16)} of {len(halves)} are within 3 dB of what fp16 allows. "
        f"Interpreting takes {geometric_mean(time):.2f} times eager PyTorch's time and {geometric_mean(memory):.2f} "
        f"times its memory (geometric means over {len(time)} and {len(memory)} models).",
        "",
        EXPLAINED.format(draws=draws, ranked=_ranked(sorted(ranked))),
        "| " + " | ".join(COLUMNS) + " |",
        "|---|" + "--:|" * 4 + "---|" + "--:|" * 3 + "---|" + "--:|" * 2,
        *(_line(row) for row in executed),
        "",
        "## Not executed",
        "",
        "| model | what refused | its words |",
        "|---|---|---|",
        *(f"| {row['name']} | {row['failed']} | {row['reason'].replace('|', '/')} |" for row in failed),
    ]
    if unknown := [row["name"] for row in executed if row.get("memory_reason")]:
        lines += ["", f"No memory figure, since the module cannot be pickled: {', '.join(unknown)}."]
    witnesses = [row for row in executed if row.get("onnx_reason")]
    if witnesses:
        lines += ["", "No ONNX witness:", ""]
        lines += [f"- {row['name']}: {row['onnx_reason']}" for row in witnesses]
    return "\n".join(lines) + "\n"


def _ranked(names: list[str]) -> str:
    return (
        f"Lists of what a network found ({', '.join(names)}) are compared row by row after\n"
        "pairing each row with the most similar one, since a near-tie changes the order; see\n"
        "`benchmarks/coreml_reference/agreement.py`. 300 dB means equal bits."
    )


def _line(row: Row) -> str:
    figures = [_db(row, key) for key in ("fp32_db", "fp32_floor_db", "graph_db", "onnx_db")]
    halves = [_db(row, key) for key in ("fp16_db", "fp16_floor_db", "unrounded_db")]
    costs = [_ratio(row, key) for key in ("time_ratio", "memory_ratio")]
    cells = [row["name"], *figures, fp32_verdict(row), *halves, fp16_verdict(row), *costs]
    return "| " + " | ".join(cells) + " |"
