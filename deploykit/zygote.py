"""A process that has imported what jobs need, and forks itself for each of them.

torch and the converters take longer to import than most jobs take to run. Fork is safe only while a process has one
thread. Nothing that is imported here starts one; that is checked before each fork, and a job is refused where it is not
so. Each job is still a process of its own, with memory of its own, that can be killed and that ends with its parent.

    parent ──socket──▶ zygote            one message with three pipes for each job
    parent ──request─▶ job               the job, pickled; then it stays open: its end is the parent's end
    parent ◀─answer─── job
    parent ◀─status─── zygote            the job's process id, 0 if it is refused; later how it ended

The first packages are imported before the first job, all others while that one runs. A job that comes meanwhile does
not wait for all of them: what it lacks it imports itself.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import os
import pickle
import selectors
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn

SUPPORTED = sys.platform == "linux"
"""Elsewhere a process that has loaded the system's frameworks must not fork: https://docs.python.org/3/library/os.html#os.fork"""

_NUMBER = struct.Struct("q")
_START = "import sys; sys.path[:] = {path!r}; from deploykit.zygote import serve; serve({fd}, {first!r}, {others!r})"
_THREADS = {"OPENBLAS_NUM_THREADS": "1"}  # it starts its threads when NumPy is imported; jobs have OpenMP's


class RefusedError(Exception):
    """The zygote cannot fork, or is gone."""


class Forked:
    """A job's process, as its parent sees it."""

    def __init__(self, pid: int, request: int, answer: Connection, status: int) -> None:
        self.pid = pid
        self._request, self._answer, self._status = request, answer, status
        self._lock = threading.Lock()
        self._over = False

    def receive(self) -> Any:
        """What the job answered.

        Raises:
            EOFError: if it ended without an answer.
        """
        return self._answer.recv()

    def exitcode(self) -> int | None:
        """How it ended, as `Process.exitcode`; waits for it. None if the zygote is gone."""
        try:
            return _read_number(self._status)
        except EOFError:
            return None

    def kill(self) -> None:
        """Ends it; safe to call when it has ended."""
        with self._lock, contextlib.suppress(ProcessLookupError):
            if not self._over:
                os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """The job has answered, or ended."""
        with self._lock:
            self._over = True
        self._answer.close()
        for end in (self._request, self._status):
            os.close(end)


class Zygote:
    """Starts with the first job, and ends when it is closed or its parent ends."""

    def __init__(self, first: Sequence[str], others: Sequence[str], cores: int) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        path = [str(Path(entry).absolute()) for entry in sys.path]
        code = _START.format(path=path, fd=theirs.fileno(), first=tuple(first), others=tuple(others))
        self._process = subprocess.Popen(
            [sys.executable, "-c", code],
            pass_fds=[theirs.fileno()],
            env=os.environ | _THREADS | {"OMP_NUM_THREADS": str(cores)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # jobs open their own logs
            stderr=subprocess.DEVNULL,
        )
        theirs.close()

    def fork(self, function: Callable[..., object], *arguments: object) -> Forked:
        """A new process that calls `function` with a `Connection` for its answer, and `arguments`.

        Raises:
            RefusedError: if the zygote is gone, or has threads.
        """
        (request_r, request_w), (answer_r, answer_w), (status_r, status_w) = os.pipe(), os.pipe(), os.pipe()
        theirs = (request_r, answer_w, status_w)
        answer = Connection(answer_r, writable=False)
        try:
            socket.send_fds(self._ours, [b"job"], theirs)
        except OSError:
            pid = 0
        finally:
            for end in theirs:
                os.close(end)
        try:
            pid = _read_number(status_r)
        except EOFError:
            pid = 0
        forked = Forked(pid, request_w, answer, status_r)
        if not pid:
            forked.close()
            raise RefusedError
        # Whole in one go: the job reads until it has the number of bytes that comes first.
        data = pickle.dumps((function, arguments), protocol=5)
        with contextlib.suppress(BrokenPipeError), os.fdopen(os.dup(request_w), "wb") as file:
            file.write(_NUMBER.pack(len(data)) + data)
        return forked

    def close(self) -> None:
        """Ends it; jobs that still run end with their parent."""
        self._ours.close()
        self._process.kill()
        self._process.wait()


def serve(channel: int, first: Sequence[str], others: Sequence[str]) -> NoReturn:
    """The zygote itself.

    Args:
        channel: descriptor of its socket.
        first: packages that are imported before the first job.
        others: packages that are imported once the first job runs.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    with socket.socket(fileno=channel) as ours:
        jobs = _Jobs(ours)
        _imported(first)
        jobs.next()
        for name in others:
            _imported((name,))
            while jobs.next(wait=False):
                pass
        while True:
            jobs.next()


def _imported(names: Sequence[str]) -> None:
    for name in names:
        with contextlib.suppress(Exception):  # the job that needs it will say what is wrong with it
            importlib.import_module(name)
    gc.freeze()  # jobs share these pages, and their collector does not look through them


class _Jobs:
    """Forks on request, and tells how jobs ended."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._status: dict[int, int] = {}
        self._woken, wake = os.pipe()
        for end in (self._woken, wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector = selectors.DefaultSelector()
        self._selector.register(channel, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._own = (self._woken, wake)

    def next(self, wait: bool = True) -> bool:
        """Takes a request and forks, and tells how others ended; False if there is none, and none is waited for."""
        while True:
            ready = {key.fd for key, _ in self._selector.select(None if wait else 0)}
            if self._woken in ready:
                os.read(self._woken, 4096)
                self._reap()
            if self._channel.fileno() in ready:
                break
            if not wait:
                return False
        message, pipes, _, _ = socket.recv_fds(self._channel, 16, 3)
        if not message:
            os._exit(0)  # the parent is gone
        request, answer, status = pipes
        if len(list(Path("/proc/self/task").iterdir())) > 1:
            pid = 0
        else:
            pid = os.fork()
            if pid == 0:
                self._become_a_job(request, answer, status)
            self._status[pid] = status
        _tell(status, pid)
        for end in (request, answer, *(() if pid else (status,))):
            os.close(end)
        return True

    def _reap(self) -> None:
        while True:
            try:
                pid, how = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if (status := self._status.pop(pid, None)) is not None:
                _tell(status, os.waitstatus_to_exitcode(how))
                os.close(status)

    def _become_a_job(self, request: int, answer: int, status: int) -> NoReturn:
        """In the new process: forgets the zygote's business, does the job, ends."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._selector.close()
            self._channel.close()
            for end in (*self._own, status, *self._status.values()):
                os.close(end)
            with os.fdopen(os.dup(request), "rb", buffering=0) as file:
                (size,) = _NUMBER.unpack(_read(file.fileno(), _NUMBER.size))
                function, arguments = pickle.loads(_read(file.fileno(), size))
            done = threading.Event()
            threading.Thread(target=_end_with_parent, args=(request, done), daemon=True).start()
            function(Connection(answer, readable=False), *arguments)
            done.set()
            code = 0
        finally:
            with contextlib.suppress(Exception):
                atexit._run_exitfuncs()  # coremltools removes its temporary packages so
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)


def _end_with_parent(request: int, done: threading.Event) -> None:
    if not os.read(request, 1) and not done.is_set():
        os._exit(1)


def _read(end: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        if not (more := os.read(end, size - len(data))):
            raise EOFError
        data += more
    return data


def _read_number(end: int) -> int:
    (number,) = _NUMBER.unpack(_read(end, _NUMBER.size))
    return int(number)


def _tell(end: int, number: int) -> None:
    with contextlib.suppress(BrokenPipeError):  # the parent is gone, or no longer interested
        os.write(end, _NUMBER.pack(number))
