"""The result as a table: model × format × road × dB × seconds, the bare converters beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from benchmarks.markdown import cell

Row = dict[str, Any]
"""A model: `name`, and `formats` (format → Figures) or `failed` (why); `bare`, `seconds`, `parameters`."""

Figures = dict[str, Any]
"""A format: `verdict`, `road`, `random_db`, `seconds`, `reason`, `roads`; `db`, `required_db` and `input` of the
comparison that leaves the least room."""

FULL_DB = 70.0
"""What is demanded of a network that is not ill-conditioned."""
FORMATS = {"onnx": "ONNX", "tflite": "TFLite", "coreml": "Core ML"}
TOOLS = ("torch", "coremltools", "litert-torch", "onnxscript", "onnxruntime", "ai-edge-litert", "timm", "transformers")


def passed(row: Row) -> bool:
    """Whether all three formats have a right file."""
    return all(_verdict(row, name) == "passed" for name in FORMATS)


def summary(row: Row) -> str:
    """A line for the console."""
    if row.get("failed"):
        return f"FAILED: {row['failed']}"
    cells = []
    for name, title in FORMATS.items():
        figures = row["formats"][name]
        why = "" if figures["verdict"] == "passed" else f": {figures['reason'] or _failures(figures)}"
        cells.append(f"{title} {_db(figures)}{_hard(figures)} by {figures['road']} {figures['seconds']:.0f} s{why}")
    return ("   " if passed(row) else "FAILED ") + " | ".join(cells)


def markdown(rows: list[Row]) -> str:
    """The page for the docs."""
    count = len(rows)
    bare = [row for row in rows if "bare" in row]
    lines = [
        "# Models that go through",
        "",
        f"`make coverage`, with {', '.join(f'{tool} {version(tool)}' for tool in TOOLS)}, on 2 cores.",
        "",
        f"Of {count} models {sum(map(passed, rows))} pass in all three formats at fp32: {_counts(rows, 'formats')}.",
    ]
    if bare:
        bare_all = sum(all(_bare(row, name) for name in FORMATS) for row in bare)
        lines += [
            "",
            f"The bare converters, called as their documentation shows, bring {bare_all} of {len(bare)} through all "
            f"three: {_counts(bare, 'bare')}. For Core ML converting at all counts there.",
        ]
    lines += [
        "",
        "Each cell has the signal-to-noise ratio against eager PyTorch on the worst of 8 random inputs, over all "
        "runners of the format; the road that was kept; seconds of all roads that were tried. 300 dB means equal bits. "
        "A file is held to 70 dB on zeros and on the ends of the range, too. Where rounding errors alone take a "
        "network's answer further away, it is held to the network's own noise floor less 15 dB: such figures stand in "
        "brackets. The bare converters' figures are of one random input.",
        "",
        "| model | " + " | ".join(FORMATS.values()) + (" | bare converters |" if bare else " |"),
        "|---|" + "---|" * (len(FORMATS) + bool(bare)),
    ]
    lines += [_line(row, bool(bare)) for row in rows]
    lines += ["", "## Roads that were kept", "", "| format | road | models |", "|---|---|--:|"]
    kept = Counter(
        (title, row["formats"][name]["road"])
        for row in rows
        for name, title in FORMATS.items()
        if _verdict(row, name) == "passed"
    )
    lines += [f"| {title} | {road} | {number} |" for (title, road), number in sorted(kept.items())]
    refused = list(_refused(rows))
    if refused:
        lines += [
            "",
            "## Roads that were tried and not kept",
            "",
            "| model | format | road | why |",
            "|---|---|---|---|",
        ]
        lines += refused
    return "\n".join(lines) + "\n"


def _line(row: Row, bare: bool) -> str:
    if row.get("failed"):
        cells = [f"failed: {cell(row['failed'])}"] + ["–"] * (len(FORMATS) - 1)
    else:
        cells = [_cell(row["formats"][name]) for name in FORMATS]
    last = [", ".join(_bare_cell(row, name) for name in FORMATS)] if bare else []
    return "| " + " | ".join([row["name"], *cells, *last]) + " |"


def _cell(figures: Figures) -> str:
    if figures["verdict"] == "passed":
        return f"{_db(figures)}{_hard(figures)}, {figures['road']}, {figures['seconds']:.0f} s"
    return f"**{figures['verdict']}**: {cell(figures['reason'] or _failures(figures))}"


def _bare_cell(row: Row, name: str) -> str:
    figures = row.get("bare", {}).get(name)
    if figures is None:
        return "–"
    db = figures.get("db")
    return (
        (f"{db:.0f} dB" if db is not None and db > -300 else "✓")
        if _bare(row, name)
        else (f"**{db:.0f} dB**" if db is not None else "✗")
    )


def _bare(row: Row, name: str) -> bool:
    figures = row.get("bare", {}).get(name, {})
    return figures.get("verdict") in ("passed", "not_run")


def _counts(rows: list[Row], kind: str) -> str:
    def right(row: Row, name: str) -> bool:
        return _verdict(row, name) == "passed" if kind == "formats" else _bare(row, name)

    return ", ".join(f"{title} {sum(right(row, name) for row in rows)}" for name, title in FORMATS.items())


def _verdict(row: Row, name: str) -> str:
    verdict: str = row.get("formats", {}).get(name, {}).get("verdict", "failed")
    return verdict


def _refused(rows: list[Row]) -> Iterable[str]:
    for row in rows:
        for name, title in FORMATS.items():
            for road in row.get("formats", {}).get(name, {}).get("roads", ()):
                if road["outcome"] not in ("kept", "not tried", "passed"):
                    yield f"| {row['name']} | {title} | {road['road']} | {cell(road.get('reason', ''))} |"


def _failures(figures: Figures) -> str:
    return "; ".join(f"{r['road']}: {r.get('reason', '')}" for r in figures["roads"] if r["outcome"] == "failed")


def _db(figures: Figures) -> str:
    return "–" if figures["random_db"] is None else f"{figures['random_db']:.0f} dB"


def _hard(figures: Figures) -> str:
    """Where less than 70 dB is demanded: what is there, and what is demanded."""
    demanded = figures["required_db"]
    if demanded is None or demanded >= FULL_DB:
        return ""
    return f" ({figures['input']}: {figures['db']:.0f} dB of {demanded:.0f})"
