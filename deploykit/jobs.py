"""Runs each job in a process of its own, behind `concurrent.futures.Executor`.

A converter that crashes, leaks or is killed takes down its own job only, and what it prints goes to the job's log.
`ProcessPoolExecutor` will not do: one dead worker breaks the whole pool, and workers outlive a killed parent.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from deploykit.errors import DeploykitError

T = TypeVar("T")
P = ParamSpec("P")
_SPAWN = multiprocessing.get_context("spawn")  # fork is not safe once a library has started threads


class JobDied(DeploykitError):
    """A job's process ended without an answer: killed, out of memory, or crashed in native code."""


class JobFailed(DeploykitError):
    """A job raised something that deploykit did not raise on purpose; the log has the traceback."""


class IsolatedPool(Executor):
    """At most `workers` processes at a time, a fresh one for every job.

    Functions and arguments are pickled; wrap a function in `logged` to keep what it prints.
    """

    def __init__(self, workers: int) -> None:
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="deploykit-job")
        # More threads than cores make OpenMP's busy waiting many times slower than one thread each.
        self._cores = max(1, (os.cpu_count() or 1) // workers)
        self._running: set[BaseProcess] = set()
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
        self._threads.shutdown(wait, cancel_futures=cancel_futures)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.shutdown(cancel_futures=kind is not None)

    def _run(self, fn: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
        receiver, sender = _SPAWN.Pipe(duplex=False)
        process = _SPAWN.Process(target=_child, args=(sender, self._cores, fn, args, kwargs), daemon=True)
        process.start()
        self._running.add(process)
        if self._stopped:
            process.kill()
        sender.close()
        try:
            answer: T | BaseException = receiver.recv()
        except EOFError:
            process.join()
            raise JobDied(f"its process {how_it_ended(process.exitcode)}") from None
        finally:
            process.join()
            self._running.discard(process)
        if isinstance(answer, BaseException):
            raise answer
        return answer


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


def how_it_ended(exitcode: int | None) -> str:
    """The end of a process, in words."""
    if exitcode is not None and exitcode < 0:
        name = signal.Signals(-exitcode).name
        return f"was ended by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
    return f"ended with exit code {exitcode}"


def _child(
    answer: Connection, cores: int, fn: Callable[..., object], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    os.environ["OMP_NUM_THREADS"] = str(cores)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    threading.Thread(target=end_with_parent, daemon=True).start()
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
