"""All cases through all roads, two processes at a time; what is done is kept, and not done again."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from deploykit.backends import BACKENDS
from deploykit.backends.roads import RoadEntry
from deploykit.errors import ArgumentsError
from deploykit.prepare.rewrites import REWRITES
from deploykit.probes.cases import THEMES
from deploykit.probes.cases.base import Case
from deploykit.probes.known import fits
from deploykit.probes.results import Finding, Record, Results, installed_versions, load, road_state, save
from deploykit.probes.workers import Worker
from deploykit.tomlfile import nearest

LIMIT_S = 120.0
"""A case takes 1 to 3 s; the first one of a process also waits for its converter's import."""
SAVED_EVERY_S = 5.0

Roads = dict[str, tuple[str, RoadEntry]]
"""By "backend/road": the backend's name and the road."""


@dataclass(frozen=True)
class Request:
    """What is to be probed; without names, everything.

    Attributes:
        roads: names of backends, of roads, or "backend/road".
        themes: keys of `THEMES`.
        cases: patterns of ids, in which only * and ? stand for others.
        out: a results file, which is continued where it is of the same versions, code and rewrites.
        workers: processes at a time.
    """

    roads: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    out: Path | None = None
    workers: int = 2


def all_roads() -> Roads:
    """Every road of `BACKENDS`."""
    return {f"{name}/{road.name}": (name, road) for name, backend in BACKENDS.items() for road in backend.roads}


def chosen_roads(names: Sequence[str]) -> Roads:
    """Those of a backend, of a name, or both as "backend/road".

    Raises:
        ArgumentsError: naming all names that fit none.
    """
    roads = all_roads()
    words = {key: {key, backend, road.name} for key, (backend, road) in roads.items()}
    known = sorted(set().union(*words.values()))
    _refuse_unknown("--road", names, known)
    return {key: roads[key] for key in roads if not names or words[key] & set(names)}


def chosen_cases(themes: Sequence[str], patterns: Sequence[str]) -> list[Case]:
    """The cases of some themes whose ids fit a pattern.

    Raises:
        ArgumentsError: naming the themes that do not exist and the patterns that fit nothing.
    """
    _refuse_unknown("--theme", themes, list(THEMES))
    cases = [case for theme in THEMES if not themes or theme in themes for case in THEMES[theme]]
    fitting = {pattern: [case for case in cases if fits(case.id, pattern)] for pattern in patterns}
    if empty := [pattern for pattern, found in fitting.items() if not found]:
        raise ArgumentsError([f"--case {p}: fits none of {len(cases)} ids, such as {cases[0].id}" for p in empty])
    return [case for case in cases if not patterns or any(case in found for found in fitting.values())]


def sweep(
    cases: Iterable[Case], roads: Roads, request: Request, progress: Callable[[Record, int, int], None]
) -> Results:
    """Runs every case through every road.

    Args:
        cases: what to run.
        roads: through what.
        request: how; its names were followed already.
        progress: told of each record, how many are done, and of how many.

    Raises:
        ArgumentsError: if the results file is another kind of file.
    """
    results = _Collected(roads, request.out)
    todo = deque((key, case) for key in roads for case in cases if not results.has(key, case))
    total, lock = len(todo), threading.Lock()
    with tempfile.TemporaryDirectory(prefix="deploykit-probes-") as folder, ThreadPoolExecutor(request.workers) as pool:
        log = request.out.with_suffix(".log") if request.out else Path(folder) / "probes.log"

        def work() -> None:
            worker: Worker | None = None
            key = None
            threads = max(1, (os.cpu_count() or 1) // request.workers)
            try:
                while True:
                    with lock:
                        if not todo:
                            return
                        wanted, case = todo.popleft()
                    if worker is None or wanted != key:
                        if worker is not None:
                            worker.close()
                        key = wanted
                        worker = Worker(*roads[key], log, LIMIT_S, threads)
                    record = examine(worker, key, case, results.bare.get((key, case.id)))
                    with lock:
                        results.add(record)
                        progress(record, results.added, total)
            finally:
                if worker is not None:
                    worker.close()

        try:
            for future in [pool.submit(work) for _ in range(request.workers)]:
                future.result()
        finally:
            todo.clear()
            results.save()
    return results.so_far()


def examine(worker: Worker, key: str, case: Case, bare: Finding | None = None) -> Record:
    """A case on a road: as the converter is, with the road's rewrites, and, if it is not right then, with all.

    Args:
        worker: of the road.
        key: the road's name.
        case: what to run.
        bare: what is known of it without rewrites, if anything.
    """
    if bare is None:
        _, bare = worker.ask(case)
    if bare is None:
        raise AssertionError("a case without rewrites always has a finding")
    own = worker.road.rewrites
    used, rewritten = worker.ask(case, own) if own else ((), None)
    cure: tuple[str, ...] = ()
    if (rewritten or bare).outcome not in ("right", "not_run"):
        others, cured = worker.ask(case, (*own, *(name for name in REWRITES if name not in own)))
        if cured is not None and cured.outcome == "right":
            cure = tuple(name for name in others if name not in own)
    return Record(case=case.id, road=key, bare=bare, rewrites=used, rewritten=rewritten, cure=cure)


class _Collected:
    """The records so far, kept on disk.

    Args:
        roads: what is to be run.
        path: a results file, which may exist: what still holds of it is kept, the rest is left out.
    """

    def __init__(self, roads: Roads, path: Path | None) -> None:
        states = {key: road_state(backend, road.rewrites) for key, (backend, road) in all_roads().items()}
        states |= {key: road_state(backend, road.rewrites) for key, (backend, road) in roads.items()}
        now = Results(versions=installed_versions(), roads=states)
        before = load(path) if path is not None and path.exists() else now.model_copy(update={"roads": {}})
        trust = {key: before.trusted(key, now) for key in before.roads}
        self.done = {(i.road, i.case): i for i in before.records if trust[i.road] == "whole"}
        self.bare = {(i.road, i.case): i.bare for i in before.records if trust[i.road] == "bare"}
        kept = roads.keys() | {key for key, state in trust.items() if state == "whole"}
        self._now = now.model_copy(update={"roads": {key: states[key] for key in states if key in kept}})
        self._path, self._saved, self.added = path, time.monotonic(), 0

    def has(self, road: str, case: Case) -> bool:
        return (road, case.id) in self.done

    def add(self, record: Record) -> None:
        self.done[record.road, record.case] = record
        self.added += 1
        if time.monotonic() - self._saved > SAVED_EVERY_S:
            self.save()

    def so_far(self) -> Results:
        order = {case.id: index for index, case in enumerate(case for theme in THEMES.values() for case in theme)}
        rows = sorted(self.done.values(), key=lambda item: (item.road, order.get(item.case, len(order))))
        return self._now.model_copy(update={"records": tuple(rows)})

    def save(self) -> None:
        if self._path is not None:
            save(self.so_far(), self._path)
        self._saved = time.monotonic()


def _refuse_unknown(option: str, names: Sequence[str], known: list[str]) -> None:
    if unknown := [name for name in names if name not in known]:
        raise ArgumentsError([f"{option} {name}: there is none; {nearest(name, tuple(known))}" for name in unknown])
