"""A file that is open in a process of its own, and runs when it is told to.

parent ◀── Opened ── child       once it is open and has run for the first time
parent ─── a number ─▶ child     so many runs
parent ◀── seconds ── child      of each of them
parent ─── 0 ─▶ child            ends it; before that it tells its memory
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from pkgutil import resolve_name
from types import TracebackType
from typing import Any, Self

from deploykit.errors import DeploykitError

SEED = 20
_SPAWN = multiprocessing.get_context("spawn")  # a fork would have its parent's memory


@dataclass(frozen=True)
class Opened:
    """Seconds that a file took to be opened, and to run for the first time."""

    load: float
    first: float


class WorkerError(DeploykitError):
    """The file could not be opened or run, or its process did not answer."""


class Worker:
    """A file on a runner. A context manager: its process ends with the block.

    Args:
        runner: of `RUNNERS`.
        file: what it opens.
        sizes: of dimensions that are known at run time only.
        limit_s: how long its process may take to answer.
    """

    def __init__(self, runner: str, file: Path, sizes: dict[str, tuple[int, ...]], limit_s: float) -> None:
        self._limit_s = limit_s
        self._pipe, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_serve, args=(theirs, runner, file, sizes), daemon=True)
        self._process.start()
        theirs.close()
        try:
            self.opened: Opened = self._answer()
            self._signal(signal.SIGSTOP)
        except WorkerError:
            self._end()
            raise

    def run(self, count: int) -> list[float]:
        """Seconds of each run. Between calls the process stands still: runtimes have threads that spin while they wait.

        Raises:
            WorkerError: if it failed, died or took too long.
        """
        self._signal(signal.SIGCONT)
        self._pipe.send(count)
        seconds: list[float] = self._answer()
        self._signal(signal.SIGSTOP)
        return seconds

    def memory(self) -> int | None:
        """The peak since before the file was opened, in bytes; the process ends with it."""
        self._signal(signal.SIGCONT)
        self._pipe.send(0)
        found: int | None = self._answer()
        return found

    def _signal(self, number: signal.Signals) -> None:
        if self._process.pid is not None and self._process.is_alive():
            os.kill(self._process.pid, number)

    def _answer(self) -> Any:
        try:
            if not self._pipe.poll(self._limit_s):
                raise WorkerError(f"it gave no answer within {self._limit_s:.0f} s")
            answer = self._pipe.recv()
        except EOFError:
            raise WorkerError("its process died") from None
        if isinstance(answer, str):
            raise WorkerError(answer)
        return answer

    def _end(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()


def _serve(pipe: Connection, runner: str, file: Path, sizes: dict[str, tuple[int, ...]]) -> None:
    from deploykit.backends import RUNNERS
    from deploykit.bench.memory import peak, reset_peak

    null = os.open(os.devnull, os.O_WRONLY)  # runtimes talk
    for stream in (1, 2):
        os.dup2(null, stream)
    try:
        entry = RUNNERS[runner]
        resolve_name(entry.where)  # its code, and the runtime behind it
        before, start = reset_peak(), time.perf_counter()
        with entry.open(file) as opened:
            load = time.perf_counter() - start
            inputs = _inputs(opened.takes(), sizes)
            start = time.perf_counter()
            opened.run_afresh(inputs)
            pipe.send(Opened(load, time.perf_counter() - start))
            while count := pipe.recv():
                seconds = []
                for _ in range(count):
                    start = time.perf_counter()
                    opened.run_afresh(inputs)
                    seconds.append(time.perf_counter() - start)
                pipe.send(seconds)
            after = peak()
            pipe.send(None if before is None or after is None else after - before)
    except DeploykitError as error:
        pipe.send(str(error))
    except (EOFError, KeyboardInterrupt):
        return


def _inputs(takes: Any, sizes: dict[str, tuple[int, ...]]) -> Any:
    """Noise of the shapes that the file takes."""
    from dataclasses import replace

    from deploykit.work.given import read_inputs

    known = tuple(replace(each, default=sizes[each.name]) if each.name in sizes else each for each in takes)
    found = read_inputs((), known, SEED)
    if found.problems:
        raise WorkerError("; ".join(found.problems))
    return found.values
