"""Verdicts on the figures, and the table."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

FP32_DB = 70.0
"""Demanded at fp32, in dB, unless the float noise floor less `FP32_MARGIN_DB` is lower (`deploykit.parity.tolerance`)."""
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


def verdicts(row: Row) -> list[str]:
    """Lines for the screen."""
    if row.get("failed"):
        return [f"{row['failed']}: {row['reason']}"]
    figures = (
        f"fp32 {_db(row, 'fp32_db')} (floor {_db(row, 'fp32_floor_db')}, graph {_db(row, 'graph_db')}) "
        f"{fp32_verdict(row)}; fp16 {_db(row, 'fp16_db')} (floor {_db(row, 'fp16_floor_db')}, unrounded "
        f"{_db(row, 'unrounded_db')}) {fp16_verdict(row)}; onnx {_db(row, 'onnx_db')} {row.get('onnx_reason', '')}; "
        f"time {_ratio(row, 'time_ratio')}, memory {_ratio(row, 'memory_ratio')}"
    )
    return [figures]


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


def markdown(rows: list[Row]) -> str:
    return ""
