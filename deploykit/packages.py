"""`deploykit inspect x.mlpackage`: prints what a Core ML package holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from deploykit.backends.coreml.census import Border, Census, FunctionCensus, Total

LARGEST = 10
"""Weights that are printed one by one."""


def package(census: Census) -> RenderableType:
    """The whole package: what it needs, what its maker says of it, and each function."""
    head = [
        f"{census.path.name}: ML Program, {census.bytes:,} bytes, specification version {census.spec_version}, "
        f"runs from {census.minimum_os}",
        *(f"{key}: {value}" for key, value in census.metadata.items()),
    ]
    parts = [part for function in census.functions for part in _function(function, census)]
    return Group(Text("\n".join(head)), *parts)


def _function(function: FunctionCensus, census: Census) -> Iterator[RenderableType]:
    default = " (default)" if function.name == census.default_function and len(census.functions) > 1 else ""
    yield Text(f"\nfunction {function.name}{default}, opset {function.opset}", style="bold")
    yield _borders(function)
    yield _ops(function)
    declared = ", ".join(f"{dtype} {count}" for dtype, count in function.precision)
    yield Text(f"precision: ops by what they declare to give: {declared or 'no ops'}")
    yield Text(f"weights: {len(function.weights)}, {function.bytes:,} bytes")
    if function.weights:
        yield _totals("weights taken by", function.by_op)
        yield _totals("weights stored as", function.by_dtype)
        yield _largest(function)
    if function.compressed:
        yield _compressed(function)


def _borders(function: FunctionCensus) -> Table:
    table = Table("border", "name", "dtype", "shape", "what")
    for kind, borders in (("input", function.inputs), ("state", function.states), ("output", function.outputs)):
        for border in borders:
            table.add_row(kind, Text(border.name), border.dtype, Text(_shape(border)), Text(_what(border)))
    return table


def _shape(border: Border) -> str:
    if border.shape is None:
        return "any" if border.dtype.isupper() else ""
    return " × ".join("?" if size is None else str(size) for size in border.shape) or "scalar"


def _what(border: Border) -> str:
    words = []
    if border.layout:
        words.append(f"{border.layout} image")
        words.append(f"first {', '.join(border.scaling)}" if border.scaling else "values as they come, 0 to 255")
    if border.allowed:
        words.append(f"{'height × width' if border.layout else 'shapes'} {border.allowed}")
    return "; ".join(words + ["optional"] * border.optional)


def _ops(function: FunctionCensus) -> Table:
    table = Table("op", "count", "note")
    for item in function.ops:
        table.add_row(Text(item.op), str(item.count), "" if item.known else "not known to the reference runner")
    return table


def _totals(title: str, totals: Iterable[Total]) -> Table:
    table = Table(title, "count", "bytes")
    for item in totals:
        table.add_row(Text(item.kind), str(item.count), f"{item.bytes:,}")
    return table


def _largest(function: FunctionCensus) -> Table:
    table = Table("largest weights", "dtype", "shape", "bytes", "taken by")
    for item in function.weights[:LARGEST]:
        shape = " × ".join(map(str, item.shape)) or "scalar"
        table.add_row(Text(item.name), item.dtype, shape, f"{item.bytes:,}", Text(item.op))
    return table


def _compressed(function: FunctionCensus) -> Table:
    table = Table("compressed weights", "bits", "count", "bytes stored", "expanded", "ratio")
    for item in function.compressed:
        bits = "" if item.bits is None else str(item.bits)
        sizes = (f"{item.stored:,}", f"{item.expanded:,}", f"{item.ratio:.2f}")
        table.add_row(Text(item.kind), bits, str(item.count), *sizes)
    return table
