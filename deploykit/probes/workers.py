"""Processes that run case after case: a converter takes seconds to import, and its crash may cost one case only."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING

from deploykit.jobs import end_with_parent, how_it_ended
from deploykit.probes.results import Answer, Finding

if TYPE_CHECKING:  # the parent needs no converter and no torch
    from deploykit.backends.roads import RoadEntry
    from deploykit.probes.cases.base import Case

PATIENCE_S = 5.0
"""For a process that has nothing left to do: one that is killed leaves semaphores behind."""

_SPAWN = multiprocessing.get_context("spawn")  # fork is not safe once a library has started threads


class Worker:
    """A process for one road; a new one takes its place when it dies.

    Args:
        backend: the road's backend.
        road: the road; its function is resolved in the process.
        log: where everything goes that the process prints.
        limit_s: seconds that a case may take, the import of the converter included.
        threads: of the process, for whatever counts in OpenMP's.
    """

    def __init__(self, backend: str, road: RoadEntry, log: Path, limit_s: float, threads: int) -> None:
        self.road = road
        self._backend, self._log, self._limit_s, self._threads = backend, log, limit_s, threads
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None

    def ask(self, case: Case, rewrites: tuple[str, ...] = ()) -> Answer:
        """What `run.probe` says, or that it was the end of the process."""
        process, pipe = self._running()
        try:
            pipe.send((case.id, rewrites))
            if pipe.poll(self._limit_s):
                answer: Answer = pipe.recv()
                return answer
            how = f"did not end within {self._limit_s:.0f} s"
            process.kill()
            self.close()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            process.join()
            how = f"its process {how_it_ended(process.exitcode)}"
            self.close()
        return rewrites, Finding(outcome="crashed", reason=how)

    def close(self) -> None:
        """Ends the process; the next question starts another one."""
        if self._process is not None and self._pipe is not None:
            self._pipe.close()
            self._process.join(PATIENCE_S)
            self._process.kill()
            self._process.join()
        self._process = self._pipe = None

    def _running(self) -> tuple[BaseProcess, Connection]:
        if self._process is None or self._pipe is None:
            self._pipe, theirs = _SPAWN.Pipe()
            arguments = (theirs, self._backend, self.road, self._log, self._threads)
            self._process = _SPAWN.Process(target=_serve, args=arguments, daemon=True)
            self._process.start()
            theirs.close()
        return self._process, self._pipe


def _serve(pipe: Connection, backend: str, road: RoadEntry, log: Path, threads: int) -> None:
    os.environ["OMP_NUM_THREADS"] = str(threads)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    threading.Thread(target=end_with_parent, daemon=True).start()
    with log.open("ab", buffering=0) as file:  # native libraries print past sys.stdout
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    from deploykit.probes.cases import by_id
    from deploykit.probes.memo import remember
    from deploykit.probes.run import probe

    remember(road)
    cases = by_id()
    while True:
        try:
            case, rewrites = pipe.recv()  # the id: some functions of torch cannot be pickled
        except EOFError:
            return
        print(f"--- {case}", flush=True)
        pipe.send(probe(cases[case], backend, road, rewrites))
