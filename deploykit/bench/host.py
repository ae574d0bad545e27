"""Files on this machine's runners: each in a process of its own, all of a runner in turns."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from time import monotonic

from deploykit.backends import RUNNERS
from deploykit.bench.records import Speed
from deploykit.bench.worker import Worker, WorkerError

ANSWER_S = 120.0
"""What a process may take to open a file, or for one run."""

CHUNK = 5
"""Runs of a file before it is another one's turn: the first after a change finds its caches cold."""


@dataclass(frozen=True)
class Subject:
    """What is measured.

    Attributes:
        name: for people.
        file: the artifact.
        bytes: its size.
        runner: of `RUNNERS`.
        sizes: shapes of inputs whose sizes are known at run time only.
    """

    name: str
    file: Path
    bytes: int
    runner: str
    sizes: dict[str, tuple[int, ...]] = field(default_factory=dict)


def measure(subjects: Sequence[Subject], runs: int, limit_s: float, told: Callable[[str], None]) -> list[Speed]:
    """Measures all files, runner by runner.

    Those of one runner are open at once and take turns, so that whatever else the machine does meets them alike; the
    ratios are of medians of such turns.

    Args:
        subjects: those of one runner next to each other.
        runs: of each file, at most.
        limit_s: for the runs of one runner's files together.
        told: gets the name of what is being measured.
    """
    found: list[Speed] = []
    for runner, group in groupby(subjects, key=lambda subject: subject.runner):
        told(runner)
        found += _measure(list(group), runs, limit_s)
    return found


def _measure(subjects: list[Subject], runs: int, limit_s: float) -> list[Speed]:
    opened: dict[int, Worker] = {}
    failed: dict[int, str] = {}
    seconds: dict[int, list[float]] = {place: [] for place in range(len(subjects))}
    peaks: dict[int, int | None] = {}
    with ExitStack() as stack:
        for place, subject in enumerate(subjects):
            try:
                worker = Worker(subject.runner, subject.file, subject.sizes, ANSWER_S)
                opened[place] = stack.enter_context(worker)
            except WorkerError as error:
                failed[place] = str(error)
        end = monotonic() + limit_s
        while opened and min(len(seconds[place]) for place in opened) < runs:
            for place, worker in tuple(opened.items()):
                count = min(CHUNK, runs - len(seconds[place])) if seconds[place] else 1
                try:
                    seconds[place] += worker.run(count)
                except WorkerError as error:
                    failed[place] = str(error)
                    del opened[place]
            if monotonic() > end:
                break
        for place, worker in opened.items():
            try:
                peaks[place] = worker.memory()
            except WorkerError:
                peaks[place] = None  # the times are whole all the same
        return _speeds(subjects, opened, failed, seconds, peaks)


def _speeds(
    subjects: list[Subject],
    opened: dict[int, Worker],
    failed: dict[int, str],
    seconds: dict[int, list[float]],
    peaks: dict[int, int | None],
) -> list[Speed]:
    medians = {place: statistics.median(seconds[place]) for place in opened if seconds[place]}
    first = next(iter(medians.values()), None)
    found = []
    for place, subject in enumerate(subjects):
        speed = Speed(
            name=subject.name,
            by=subject.runner,
            bytes=subject.bytes,
            interprets=RUNNERS[subject.runner].interprets,
            note=failed.get(place, ""),
        )
        if place in medians and first is not None:
            times = seconds[place]
            worker = opened[place]
            speed = speed.model_copy(
                update={
                    "load_ms": _ms(worker.opened.load),
                    "first_ms": _ms(worker.opened.first),
                    "median_ms": _ms(medians[place]),
                    "p95_ms": _ms(percentile(times, 0.95)),
                    "runs": len(times),
                    "peak_bytes": peaks.get(place),
                    "ratio": round(medians[place] / first, 3),
                }
            )
        found.append(speed)
    return found


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that is not below the given share of all (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 4)
