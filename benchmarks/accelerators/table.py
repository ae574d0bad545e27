"""The result as tables: model × accelerator × (taken, parts), and decibels of LiteRT's GPU engine."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version

from benchmarks.markdown import cell
from benchmarks.survey import Row

TARGETS = ("android_litert", "android_onnx", "ios_coreml")
"""One for each format: the others of a format have the same bytes."""

PRECISIONS = ("fp32", "fp16")
GPU = "litert-gpu"

SHIPPED = "fp16"
"""The precision whose files are in the table."""

COLUMNS = {
    "android_litert": {
        "litert_gpu": "LiteRT GPU",
        "tflite_gpu": "TFLite GPU delegate",
        "nnapi": "NNAPI, Android 14",
        "tflite_xnnpack": "XNNPACK",
    },
    "android_onnx": {"ort_qnn": "QNN", "ort_nnapi": "ORT NNAPI", "ort_xnnpack": "ORT XNNPACK"},
    "ios_coreml": {"coreml_ne": "Neural Engine", "coreml_gpu": "Core ML GPU"},
}
"""Target → accelerator → heading."""

TOOLS = ("torch", "litert-torch", "ai-edge-litert", "onnxruntime", "coremltools")


def wrong(row: Row) -> bool:
    """Whether the GPU computes a file wrong."""
    return any(_gpu(row, precision).get("verdict") == "failed" for precision in PRECISIONS)


def summary(row: Row) -> str:
    """A line for the console."""
    if "failed" in row:
        return f"FAILED: {row['failed']}"
    cells = [f"{precision} {_ran(row, precision)}" for precision in PRECISIONS]
    return f"{'WRONG ' if wrong(row) else ''}GPU {', '.join(cells)}, takes {_taken(row, *_GPU_OF)}, bare {_bare(row)}"


_GPU_OF = ("android_litert", "litert_gpu")


def markdown(rows: list[Row], listed: int | None = None) -> str:
    """The page for the docs.

    Args:
        rows: what is known.
        listed: how many models the list has, where that may be more.
    """
    whole = [row for row in rows if _whole(row.get("files", {}).get("android_litert", {}).get(SHIPPED))]
    bare = [row for row in rows if "bare" in row]
    adapters = sorted({gpu["adapter"] for row in rows for p in PRECISIONS if (gpu := _gpu(row, p).get("gpu"))})
    lines = [
        "# What accelerators take of the coverage list",
        "",
        f"`python -m benchmarks.accelerators --bare`, with {', '.join(f'{tool} {version(tool)}' for tool in TOOLS)}; "
        f"LiteRT's GPU engine on {', '.join(adapters) or 'no driver'}.",
        "",
        f"LiteRT's GPU takes **{len(whole)} of {len(rows)}** models whole.",
    ]
    if listed is not None and listed > len(rows):
        lines[-1] = f"**{listed - len(rows)} of the {listed} models were not measured.** {lines[-1]}"
    if bare:
        count = sum(_whole(row["bare"]) for row in bare)
        lines[-1] += f" Of litert-torch's own files it takes {count} of {len(bare)} whole."
    lines += [
        "",
        "Each cell: ops taken of all ops; in brackets the parts handed over, of all that there are, and the share "
        f"of multiply-adds. Files at {SHIPPED}. `✓` stands for all ops in one part. Where answers come from is told in "
        "[accelerators.md](accelerators.md): LiteRT GPU and XNNPACK are measured on this host. CPU is the median time "
        "of deploykit's fp32 file over that of litert-torch's own, on this host, in turns.",
    ]
    for target, columns in COLUMNS.items():
        made = [row for row in rows if target in row.get("files", {})]
        if not made:
            continue
        more = ["litert-torch alone, LiteRT GPU", "CPU"] if target == "android_litert" and bare else []
        lines += ["", f"## {target}", "", "| model | " + " | ".join([*columns.values(), *more]) + " |"]
        lines += ["|---|" + "--:|" * (len(columns) + len(more))]
        for row in made:
            cells = [_taken(row, target, name) for name in columns] + ([_bare(row), _ratio(row)] if more else [])
            lines.append("| " + " | ".join([row["name"], *cells]) + " |")
    lines += [
        "",
        "## Numbers of LiteRT's GPU engine",
        "",
        "Decibels against eager PyTorch on the worst of 4 random inputs; in brackets what leaves the least room, where "
        "less than 70 dB is demanded.",
        "",
        "| model | fp32 file, fp32 arithmetic | fp16 file, the engine's default |",
        "|---|---|---|",
    ]
    lines += [f"| {row['name']} | {' | '.join(cell(_ran(row, p)) for p in PRECISIONS)} |" for row in rows]
    refusals = list(_refusals(rows))
    if refusals:
        lines += [
            "",
            "## What keeps a model off LiteRT's GPU",
            "",
            "| model | why | where |",
            "|---|---|---|",
            *refusals,
        ]
    return "\n".join(lines) + "\n"


def _refusals(rows: Iterable[Row]) -> Iterable[str]:
    for row in rows:
        if "failed" in row:
            yield f"| {row['name']} | failed: {cell(row['failed'])} | |"
            continue
        told = row["files"].get("android_litert", {}).get(SHIPPED, {}).get("accelerators", {}).get("litert_gpu")
        if told and told["refusals"]:
            why = "<br>".join(cell(reason) for reason in told["refusals"])
            yield f"| {row['name']} | {why} | {'<br>'.join(cell(o) for o in told['origins'])} |"


def _gpu(row: Row, precision: str) -> Row:
    found: Row = row.get("files", {}).get("android_litert", {}).get(precision, {}).get("gpu") or {}
    return found


def _ran(row: Row, precision: str) -> str:
    ran = _gpu(row, precision)
    if not ran:
        return "–"
    if ran["random_db"] is None:
        return f"{ran['verdict']}: {ran['reason']}"
    required = ran["required_db"]
    hard = f" ({ran['input']}: {ran['db']:.0f} of {required:.0f})" if required is not None and required < 70 else ""
    if ran["verdict"] == "passed":
        plain = precision == "fp16" and ran["gpu"] and ran["gpu"]["arithmetic"] == "fp32"
        return f"{ran['random_db']:.0f} dB{hard}{', in float32' * bool(plain)}"
    return f"**{ran['verdict']}**, {ran['random_db']:.0f} dB{hard}: {ran['reason']}"


def _taken(row: Row, target: str, accelerator: str) -> str:
    return _cell(row.get("files", {}).get(target, {}).get(SHIPPED), accelerator)


def _bare(row: Row) -> str:
    return _cell(row.get("bare"), "litert_gpu")


def _ratio(row: Row) -> str:
    ratio = (row.get("bare") or {}).get("cpu_ratio")
    return "–" if ratio is None else f"{ratio:.2f}"


def _cell(file: Row | None, accelerator: str) -> str:
    if not file:
        return "–"
    if "failed" in file:
        return "no file"
    told = file["accelerators"].get(accelerator)
    if told is None or told["unknown"] == told["ops"]:
        return "?"
    if _all(told):
        return "✓"
    parts = str(told["partitions"])
    if told["partitions"] < told["possible"]:
        parts += f" of {told['possible']}"
    share = "" if told["share"] is None else f", {100 * told['share']:.0f} %"
    return f"{told['taken']}/{told['ops']} ({parts}{share})"


def _whole(file: Row | None) -> bool:
    return bool(file) and _all(file.get("accelerators", {}).get("litert_gpu"))


def _all(told: Row | None) -> bool:
    return told is not None and told["taken"] == told["ops"]
