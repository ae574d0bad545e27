"""The pytest plugin of one process: picks the wanted cases, seeds them, and writes down what each of them did."""

from __future__ import annotations

import json
import random
import time
import zlib
from collections import defaultdict
from collections.abc import Collection, Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.backends.coreml.conformance.cases import Case, Result
from tests.backends.coreml.conformance.seam import Counts

_MESSAGE = 2000


class _Plugin:
    """What collecting and running have in common, so that both see the same cases."""

    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        # Some modules draw their parameters at random when they are imported.
        if isinstance(collector, pytest.Module):
            _seed(collector.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        # Many parameters are iterators, and the tests of a newer opset inherit from those of an older one: whichever
        # is collected first would use the iterator up, and leave no case to the other.
        for mark in metafunc.definition.iter_markers("parametrize"):
            if len(mark.args) > 1 and not isinstance(mark.args[1], Collection):
                object.__setattr__(mark, "args", (mark.args[0], list(mark.args[1]), *mark.args[2:]))


class Collector(_Plugin):
    """Writes down which cases there are: test function → indices."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._indices: dict[str, int] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        # First, because -k must not change the indices.
        self._indices = {item.nodeid: case.index for item, case in _numbered(items)}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        found: dict[str, list[int]] = defaultdict(list)
        for item in session.items:
            found[_function(item)].append(self._indices[item.nodeid])
        self._file.write_text(json.dumps(found))


class Recorder(_Plugin):
    """Runs the wanted cases; a line is written when a case begins and when it ends, so that a crash is attributable."""

    def __init__(self, wanted: set[Case], seed: int, file: Path, counts: Counts) -> None:
        self._wanted = wanted
        self._seed = seed
        self._file = file
        self._counts = counts
        self._cases: dict[str, Case] = {}
        self._expected_failure = ""

    def pytest_sessionstart(self) -> None:
        # With --runxfail, which has replaced it before, expected failures run. Their reasons are noted.
        pytest.xfail = self._note  # type: ignore[assignment]

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        kept = [(item, case) for item, case in _numbered(items) if case in self._wanted]
        self._cases = {item.nodeid: case for item, case in kept}
        items[:] = [item for item, _ in kept]

    def _note(self, reason: str = "") -> None:
        self._expected_failure = reason or "no reason given"

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        case = self._cases[item.nodeid]
        self._write({"started": [case.function, case.index]})
        self._counts.reset()
        self._expected_failure = _marked_failure(item)
        self._began = time.perf_counter()
        self._ended = ("passed", "")
        _seed(f"{self._seed}:{case.function}:{case.index}")
        done = yield
        outcome, message = self._ended
        result = Result(
            case.function,
            case.index,
            item.nodeid,
            outcome,
            message[:_MESSAGE],
            self._counts.predictions,
            self._counts.refusals,
            self._counts.comparisons,
            self._expected_failure,
            round(time.perf_counter() - self._began, 3),
        )
        self._write(result.to_json())
        return done

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, Any]:
        report = yield
        if report.outcome != "passed" and self._ended[0] == "passed" and call.excinfo is not None:
            error = call.excinfo.value
            message = str(getattr(error, "msg", None) or error)
            self._ended = (report.outcome, message if report.skipped else f"{type(error).__name__}: {message}")
        return report

    def _write(self, line: dict[str, Any]) -> None:
        with self._file.open("a") as stream:
            stream.write(json.dumps(line) + "\n")


def _function(item: pytest.Item) -> str:
    return item.nodeid.split("[")[0]


def _numbered(items: list[pytest.Item]) -> list[tuple[pytest.Item, Case]]:
    """Every item with its index among those of its function."""
    counts: dict[str, int] = defaultdict(int)
    numbered = []
    for item in items:
        function = _function(item)
        numbered.append((item, Case(function, counts[function])))
        counts[function] += 1
    return numbered


def _marked_failure(item: pytest.Item) -> str:
    """The reason of an `xfail` mark that applies."""
    for mark in item.iter_markers("xfail"):
        conditions = (*mark.args, *([mark.kwargs["condition"]] if "condition" in mark.kwargs else []))
        if all(bool(condition) for condition in conditions):
            return str(mark.kwargs.get("reason") or "no reason given")
    return ""


def _seed(text: str) -> None:
    number = zlib.crc32(text.encode())
    random.seed(number)
    np.random.seed(number)
    torch.manual_seed(number)
