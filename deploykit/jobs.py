"""Runs each job in a process of its own, behind `concurrent.futures.Executor`.

A converter that crashes, leaks or is killed takes down its own job only, and what it prints goes to the job's log.
`ProcessPoolExecutor` will not do: one dead worker breaks the whole pool, and workers outlive a killed parent.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import tempfile
import threading
import traceback
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from deploykit.errors import DeploykitError
from deploykit.zygote import SUPPORTED, Forked, RefusedError, Zygote

T = TypeVar("T")
P = ParamSpec("P")
_SPAWN = multiprocessing.get_context("spawn")  # this process has threads, and cannot fork
CORES = "DEPLOYKIT_CORES"
"""The environment variable that says how many cores a build may use, where it is not alone on the machine."""
_REAPING = threading.Lock()
"""Whoever starts a process takes the exit codes of all that have ended (multiprocessing does so); another thread that
waits for one of them at that moment would find none."""


class JobDied(DeploykitError):
    """A job's process ended without an answer: killed, out of memory, or crashed in native code."""


class JobFailed(DeploykitError):
    """A job raised something that deploykit did not raise on purpose; the log has the traceback."""


class IsolatedPool(Executor):
    """At most `workers` processes at a time, a fresh one for every job, with a folder of its own for temporary files.

    The folder goes with the job, however that ends: a converter that is killed leaves copies of whole models behind.
    Functions and arguments are pickled; wrap a function in `logged` to keep what it prints.
    """

    def __init__(self, workers: int, first: Sequence[str] = (), others: Sequence[str] = ()) -> None:
        """Makes the pool; processes start with the first job.

        Args:
            workers: jobs at a time.
            first: packages that are imported once, in a process that jobs are forked from, where that is possible.
            others: the same, imported while the first job runs.
        """
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="deploykit-job")
        # More threads than cores make OpenMP's busy waiting many times slower than one thread each.
        self._cores = max(1, cores() // workers)
        self._imports = (first, others)
        self._zygote: Zygote | None = None
        self._starting = threading.Lock()
        self._running: set[_Spawned | Forked] = set()
        self._stopped = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """See `Executor.submit`."""
        return self._threads.submit(self._run, fn, args, kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """With `cancel_futures`, jobs that run are killed, too."""
        if cancel_futures:
            self._stopped = True
            for process in tuple(self._running):
                process.kill()
            if self._zygote is not None:
                self._zygote.close()  # it may be busy importing, and a job wait for it
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        if self._zygote is not None and wait:
            self._zygote.close()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.shutdown(cancel_futures=kind is not None)

    def _run(self, fn: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
        with tempfile.TemporaryDirectory(prefix="deploykit-job-", ignore_cleanup_errors=True) as folder:
            return self._run_in(folder, fn, args, kwargs)

    def _run_in(self, folder: str, fn: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
        process = self._start(_child, folder, self._cores, fn, args, kwargs)
        self._running.add(process)
        if self._stopped:
            process.kill()
        try:
            answer: T | BaseException = process.receive()
        except EOFError:
            raise JobDied(f"its process {how_it_ended(process.exitcode())}") from None
        finally:
            self._running.discard(process)
            process.close()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _start(self, function: Callable[..., None], *arguments: object) -> _Spawned | Forked:
        first, others = self._imports
        if SUPPORTED and first:
            with self._starting:
                self._zygote = self._zygote or Zygote(first, others, self._cores)
            try:
                return self._zygote.fork(function, *arguments)
            except RefusedError:
                if self._stopped:
                    raise JobDied("it was not started any more") from None
        return _Spawned(function, *arguments)


class _Spawned:
    """A job in a new interpreter; see `deploykit.zygote.Forked`."""

    def __init__(self, function: Callable[..., None], *arguments: object) -> None:
        self._answer, sender = _SPAWN.Pipe(duplex=False)
        self._process = _SPAWN.Process(target=_spawned, args=(sender, function, arguments), daemon=True)
        with _REAPING:
            self._process.start()
        sender.close()

    def receive(self) -> Any:
        return self._answer.recv()

    def exitcode(self) -> int | None:
        self._end()
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()

    def close(self) -> None:
        self._end()

    def _end(self) -> None:
        wait_for([self._process.sentinel])
        with _REAPING:
            self._process.join()


def interleave(tasks: Iterable[Generator[Future[Any], Future[Any], T]]) -> list[T]:
    """Drives tasks side by side, in this thread.

    Args:
        tasks: generators. Each yields a future, is sent the same future when that is done, and returns its result.

    Returns:
        The results, in the order of the tasks.
    """
    results: dict[int, T] = {}
    waiting: dict[Future[Any], list[tuple[int, Generator[Future[Any], Future[Any], T]]]] = {}

    def go_on(number: int, task: Generator[Future[Any], Future[Any], T], done: Future[Any] | None) -> None:
        try:
            future = next(task) if done is None else task.send(done)
        except StopIteration as end:
            results[number] = end.value
        else:
            waiting.setdefault(future, []).append((number, task))

    for number, task in enumerate(tasks):
        go_on(number, task, None)
    while waiting:
        for done in wait(waiting, return_when=FIRST_COMPLETED).done:
            for number, task in waiting.pop(done):
                go_on(number, task, done)
    return [results[number] for number in sorted(results)]


def logged(log: Path, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Calls `fn` with everything that its process prints sent to the end of `log`, for good; for jobs only."""
    # Native libraries write to the file descriptors, past sys.stdout: the descriptors themselves have to be moved.
    with log.open("ab", buffering=0) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    return fn(*args, **kwargs)


def cores() -> int:
    """How many cores this build may use: the machine's, unless `DEPLOYKIT_CORES` says less."""
    all_of = os.cpu_count() or 1
    given = os.environ.get(CORES, "")
    return max(1, min(all_of, int(given))) if given.isdecimal() else all_of


def how_it_ended(exitcode: int | None) -> str:
    """The end of a process, in words."""
    if exitcode is not None and exitcode < 0:
        name = signal.Signals(-exitcode).name
        return f"was ended by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
    return f"ended with exit code {exitcode}"


def _spawned(answer: Connection, function: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    threading.Thread(target=end_with_parent, daemon=True).start()
    function(answer, *arguments)


def _child(
    answer: Connection,
    folder: str,
    cores: int,
    fn: Callable[..., object],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> None:
    os.environ["OMP_NUM_THREADS"] = str(cores)
    os.environ["TMPDIR"] = tempfile.tempdir = folder  # for what it starts, and for itself
    try:
        result: object = fn(*args, **kwargs)
    except DeploykitError as error:
        _print_traceback()
        result = error
    except OSError as error:
        _print_traceback()
        result = error
    except BaseException as error:
        _print_traceback()
        first = (str(error).strip() or "no message").splitlines()[0]
        result = JobFailed(f"{type(error).__name__}: {first}")
    answer.send(result)
    answer.close()


def _print_traceback() -> None:
    with contextlib.suppress(OSError):  # a full disk must not hide the error behind it
        traceback.print_exc()


def end_with_parent() -> None:
    """Waits for the parent process to end, and ends this one then; for a thread of its own."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
