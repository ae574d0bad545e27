"""One model: converted, executed, compared, timed."""

from __future__ import annotations

import gc
import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from pickle import PicklingError
from typing import Literal

from benchmarks.coreml_reference import cost
from benchmarks.coreml_reference.agreement import agreement
from benchmarks.coreml_reference.floor import RoundedProgram
from benchmarks.coreml_reference.ranges import Ranges
from benchmarks.coreml_reference.subject import Subject, capture, each, run
from deploykit.backends import BACKENDS
from deploykit.backends.coreml.reference import ReferenceRunner
from deploykit.backends.onnx.lower import from_dynamo
from deploykit.backends.onnx.runner import OnnxRunner
from deploykit.precisions import Precision
from deploykit.prepare.rewriting import rewrite

Part = Literal["numbers", "onnx", "cost"]
"""What can be measured: against PyTorch; against ONNX Runtime; time and memory."""

NAMED = 5
"""At most so many out-of-range ops are named."""


@dataclass
class Result:
    """What is known of one model; None where it could not be had. All figures in dB are signal-to-noise ratios.

    Attributes:
        name: in the list.
        failed: what could not be done (`export`, `convert`, `execute`, `crash`, `time`), or empty.
        reason: why, in the words of what refused.
        fp32_db: the fp32 artifact against eager PyTorch.
        fp32_floor_db: eager fp32 against eager fp64.
        fp32_same: share of equal integers and partnered rows.
        graph_db: the fp32 artifact in fp64 maths against eager fp64: what the graph itself loses.
        fp16_db: the fp16 artifact, rounded after each op, against eager fp32.
        fp16_floor_db: the exported program with every ATen op's result rounded to fp16.
        fp16_same: share of equal integers and partnered rows.
        fp16_floor_same: that of the floor.
        unrounded_db: the fp16 artifact without rounding of intermediate values.
        excesses: ops of the fp16 artifact with values beyond fp16, in the order of the program.
        onnx_db: the fp32 artifact against the ONNX artifact on ONNX Runtime.
        onnx_reason: why there is none.
        eager_s: CPU seconds of a run.
        interpreter_s: the same.
        time_ratio: median of paired ratios.
        eager_bytes: peak beyond imports.
        interpreter_bytes: the same.
        memory_ratio: their ratio.
        memory_reason: why there is none.
        seconds: that each part took; a part that is in here has been measured.
    """

    name: str
    failed: str = ""
    reason: str = ""
    fp32_db: float | None = None
    fp32_floor_db: float | None = None
    fp32_same: float | None = None
    graph_db: float | None = None
    fp16_db: float | None = None
    fp16_floor_db: float | None = None
    fp16_same: float | None = None
    fp16_floor_same: float | None = None
    unrounded_db: float | None = None
    excesses: list[str] = field(default_factory=list)
    onnx_db: float | None = None
    onnx_reason: str = ""
    eager_s: float | None = None
    interpreter_s: float | None = None
    time_ratio: float | None = None
    eager_bytes: int | None = None
    interpreter_bytes: int | None = None
    memory_ratio: float | None = None
    memory_reason: str = ""
    seconds: dict[str, float] = field(default_factory=dict)


def measure(result: Result, save: Callable[[Result], None], *, parts: frozenset[Part]) -> None:
    """Fills in what can be had, and calls `save` after each part, since the process may be ended at any time.

    Args:
        result: with the name of the model, and what is known of it already.
        save: keeps it.
        parts: what to measure.
    """
    clock = time.monotonic()

    def done(finished: str) -> None:
        nonlocal clock
        result.seconds[finished] = round(time.monotonic() - clock, 2)
        clock = time.monotonic()
        save(result)

    result.failed = result.reason = ""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        try:
            stage = "export"
            subject = capture(result.name)
            done("export")
            # ct.convert runs many full garbage collections, 0.2 s each over torch's modules: out of its sight.
            gc.freeze()
            stage = "convert"
            package = lowered(subject, "fp32", folder)
            done("convert fp32")
            stage = "execute"
            if "numbers" in parts:
                _fp32(result, subject, package)
                done("fp32")
                half = lowered(subject, "fp16", folder)
                done("convert fp16")
                _fp16(result, subject, half)
                done("numbers")
            if "onnx" in parts:
                _second_backend(result, subject, package, folder / "onnx")
                done("onnx")
            if "cost" in parts:
                _cost(result, subject, package, folder)
                done("cost")
        except Exception as error:
            result.failed, result.reason = stage, reason(error)
            save(result)


def lowered(subject: Subject, precision: Precision, folder: Path) -> Path:
    """The package of the first Core ML road that gives one.

    Raises:
        Exception: what the first road says, if none does.
    """
    first: Exception | None = None
    for index, road in enumerate(BACKENDS["coreml"].roads):
        try:
            prepared, _ = rewrite(subject.program, road.rewrites)
            return road.function(prepared, subject.request(precision, folder / f"{precision}-{index}"))
        except Exception as error:  # a converter may raise anything
            first = first or error
    assert first is not None
    raise first


def reason(error: Exception) -> str:
    """One line of what an exception says."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", str(error))  # the ONNX exporter writes in colours
    lines = [line.strip() for line in plain.splitlines() if line.strip()] or ["no message"]
    return f"{type(error).__name__}: {lines[0]}"[:300]


def _fp32(result: Result, subject: Subject, package: Path) -> None:
    with ReferenceRunner(package) as runner:
        outputs = run(runner, subject.inputs)
    figures = agreement(subject.name, subject.reference, outputs)
    result.fp32_db, result.fp32_same = figures.snr_db, figures.same
    wide = subject.wide()
    if wide is not None:
        result.fp32_floor_db = agreement(subject.name, wide, subject.reference).snr_db
        with ReferenceRunner(package, "fp64") as runner:
            result.graph_db = agreement(subject.name, wide, run(runner, subject.inputs)).snr_db


def _fp16(result: Result, subject: Subject, package: Path) -> None:
    with ReferenceRunner(package) as runner:
        figures = agreement(subject.name, subject.reference, run(runner, subject.inputs))
    result.fp16_db, result.fp16_same = figures.snr_db, figures.same
    floor = agreement(subject.name, subject.reference, run(RoundedProgram(subject.program), subject.inputs))
    result.fp16_floor_db, result.fp16_floor_same = floor.snr_db, floor.same
    ranges = Ranges()
    with ReferenceRunner(package, "unrounded") as runner:
        unrounded = run(runner, subject.inputs, on_output=ranges)
    result.unrounded_db = agreement(subject.name, subject.reference, unrounded).snr_db
    found = [str(excess) for excess in ranges.excesses]
    result.excesses = found[:NAMED] + ([f"and {len(found) - NAMED} more"] if len(found) > NAMED else [])


def _second_backend(result: Result, subject: Subject, package: Path, folder: Path) -> None:
    try:
        with OnnxRunner(from_dynamo(subject.program, subject.request("fp32", folder))) as runner:
            witness = run(runner, subject.inputs)
        with ReferenceRunner(package) as runner:
            result.onnx_db = agreement(subject.name, witness, run(runner, subject.inputs)).snr_db
    except Exception as error:  # the second road is a witness: what it cannot do is no fault of the first
        result.onnx_reason = reason(error)


def _cost(result: Result, subject: Subject, package: Path, folder: Path) -> None:
    one = each(subject.inputs)[0]
    times = cost.time_of(subject.module, package, one)
    result.eager_s, result.interpreter_s, result.time_ratio = times.eager, times.interpreter, times.ratio
    try:
        bytes_ = cost.memory_of(subject.module, package, one, folder)
    except (AttributeError, RuntimeError, PicklingError) as error:  # hooks and parametrizations cannot be pickled
        result.memory_reason = reason(error)
        return
    result.eager_bytes, result.interpreter_bytes, result.memory_ratio = bytes_.eager, bytes_.interpreter, bytes_.ratio
