"""How a Core ML package is described."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from deploykit.backends.coreml.census import Border, Census, Compression, FunctionCensus, OpCount, Weight
from deploykit.packages import LARGEST, package

MAIN = FunctionCensus(
    "main",
    "CoreML8",
    (Border("picture", "FLOAT32", (1, 3, None, 6), "[4..8, 6]", "BGR", ("mul 0.5", "add 1"), True),),
    (Border("cache", "FLOAT16", (4,)),),
    (Border("scores", "FLOAT16", ()), Border("label", "text", None), Border("free", "INT32", None)),
    (OpCount("conv", 12, True), OpCount("[red]new", 1, False)),
    (("FLOAT16", 12), ("INT32", 1)),
    tuple(Weight(f"weight{i}", "UINT4", (1000, 20 - i), 500 * (20 - i), "conv") for i in range(12)),
    (Compression("constexpr_lut_to_dense", 4, 12, 10_000, 32_000),),
)
CENSUS = Census(Path("a/net.mlpackage"), 123_456, 9, "main", (MAIN,), {"author": "[b]Ada"})


def shown(census: Census) -> list[str]:
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(package(census))
    return console.export_text().splitlines()


def row(lines: list[str], *cells: str) -> bool:
    """Whether a table has a row of these cells."""
    return any([cell.strip() for cell in line.strip("│").split("│")] == list(cells) for line in lines)


def test_a_package() -> None:
    lines = shown(CENSUS)
    assert lines[0].startswith(
        "net.mlpackage: ML Program, 123,456 bytes, specification version 9, runs from iOS 18, mac"
    )
    assert "author: [b]Ada" in lines
    assert "function main, opset CoreML8" in lines
    scaled = "BGR image; first mul 0.5, add 1; height × width [4..8, 6]; optional"
    assert row(lines, "input", "picture", "FLOAT32", "1 × 3 × ? × 6", scaled)
    assert row(lines, "state", "cache", "FLOAT16", "4", "")
    assert row(lines, "output", "scores", "FLOAT16", "scalar", "")
    assert row(lines, "output", "label", "text", "", "")
    assert row(lines, "output", "free", "INT32", "any", "")
    assert row(lines, "conv", "12", "")
    assert row(lines, "[red]new", "1", "not known to the reference runner")
    assert "precision: ops by what they declare to give: FLOAT16 12, INT32 1" in lines
    total = sum(500 * (20 - i) for i in range(12))
    assert f"weights: 12, {total:,} bytes" in lines
    assert row(lines, "conv", "12", f"{total:,}")
    assert row(lines, "UINT4", "12", f"{total:,}")
    assert row(lines, "weight0", "UINT4", "1000 × 20", "10,000", "conv")
    assert sum("│ weight" in line for line in lines) == LARGEST
    assert row(lines, "constexpr_lut_to_dense", "4", "12", "10,000", "32,000", "3.20")


def test_several_functions_and_what_is_not_known() -> None:
    lines = shown(replace(CENSUS, spec_version=99, functions=(MAIN, replace(MAIN, name="other", weights=()))))
    assert "runs from not known" in lines[0]
    assert "function main (default), opset CoreML8" in lines
    assert "function other, opset CoreML8" in lines
    assert "weights: 0, 0 bytes" in lines
