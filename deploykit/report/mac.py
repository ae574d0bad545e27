"""What the page shows of the runs on a Mac: a table per machine, or one line on how to get them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from deploykit.mac import APPLE_RUNNER, Machine
from deploykit.report import words
from deploykit.report.model import MacPlan, MacRun, Report
from deploykit.report.rows import Row


@dataclass(frozen=True)
class MacLine:
    """An artifact on some compute units: its verdict, its time, and where Core ML would run it."""

    row: Row
    run: MacRun
    planned: tuple[str, ...]
    elsewhere: str
    """What is planned off the Neural Engine, where that was allowed."""


@dataclass(frozen=True)
class MacTable:
    """All runs on one machine."""

    machine: Machine
    title: str
    devices: str
    lines: tuple[MacLine, ...]


def tables(report: Report, table: Iterable[Row]) -> tuple[MacTable, ...]:
    """One per machine that results were imported from."""
    found = {(r.artifact.target, r.artifact.precision, r.compute_units): r for r in table if r.runner == APPLE_RUNNER}
    machines: dict[Machine, list[MacLine]] = {}
    for run in report.mac:
        if row := found.get((run.target, run.precision, run.compute_units)):
            machines.setdefault(run.machine, []).append(MacLine(row, run, planned(run.plan), _elsewhere(run.plan)))
    return tuple(
        MacTable(machine, words.machine(machine), ", ".join(map(_device, machine.devices)), tuple(lines))
        for machine, lines in machines.items()
    )


def hint(report: Report) -> str:
    """How the report gets verdicts of Apple's runtime, where it has no imported ones; empty where there is no need."""
    if report.mac or not report.artifacts:
        return ""
    if not any(artifact.backend == "coreml" and artifact.path is not None for artifact in report.artifacts):
        return "This build has no Core ML artifact, so it has no Mac kit."
    return (
        "Apple's runtime on each compute unit: copy the build's folder mac/ to any Mac, run python3 check.py in it, "
        "and give its results.json to deploykit parity --import. The verdicts then stand here, beside these."
    )


def planned(plan: MacPlan) -> tuple[str, ...]:
    """`Neural Engine 12 ops, 97.1 % of the cost`, a line per device."""
    return tuple(
        f"{words.DEVICES[share.device]} {words.count(share.ops, 'op')}"
        + (f", {words.percent(share.cost)} of the cost" if share.cost is not None else "")
        for share in plan.devices
    )


def _elsewhere(plan: MacPlan) -> str:
    return ", ".join(f"{name} × {number}" if number > 1 else name for name, number in plan.elsewhere.items())


def _device(name: str) -> str:
    known = {str(key): text for key, text in words.DEVICES.items()}
    return known.get(name, name)
