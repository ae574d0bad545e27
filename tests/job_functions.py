"""What test_jobs sends to other processes; imported there by name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from deploykit.errors import EntryError, SpecError, UnsupportedOpsError


def double(value: int) -> int:
    return 2 * value


def sleep(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def user_error() -> None:
    raise EntryError("no such thing")


def structured(which: str) -> None:
    raise {"spec": SpecError(["one", "two"]), "ops": UnsupportedOpsError("runner", ["b", "a"])}[which]


def defect() -> None:
    raise ValueError("surprise\nsecond line")


def abort() -> None:
    os.abort()


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def littering(note: Path, then: str) -> None:
    by_python, by_others = tempfile.mkdtemp(), subprocess.check_output(["mktemp"], text=True).strip()
    note.write_text(f"{by_python}\n{by_others}")
    {"killed": killed, "defect": defect, "nothing": list}[then]()


def chatter() -> None:
    print("from python", flush=True)
    subprocess.run(["echo", "from a native library"], check=True)


def stay(note: Path) -> None:
    note.write_text(str(os.getpid()))
    time.sleep(600)


def imported(answer: Connection) -> None:
    answer.send(set(sys.modules))


def echo(answer: Connection, value: object) -> None:
    answer.send(value)
