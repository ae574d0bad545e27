"""How much memory this machine has, and how much a job's processes hold."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

SHARE = 0.75
"""Of the machine's memory that jobs may need together. The rest is for the system, the files that it keeps in memory,
and what a job takes beyond what it says: two jobs of 10 GB are not run at once on 24 GB."""

GROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""What a container may take: https://docs.kernel.org/admin-guide/cgroup-v2.html and its v1."""


def for_jobs() -> float:
    """Gigabytes that jobs on this machine may need together: of what it has, and of what is free now."""
    free = _meminfo("MemAvailable")
    return min(SHARE * _total(), _total() if free is None else free) / 1e9


def of_session(leader: int) -> int | None:
    """Bytes that all processes of a session hold, pages that they share counted once; None off Linux.

    Source: https://docs.kernel.org/filesystems/proc.html, /proc/PID/stat and smaps_rollup (Pss).
    """
    processes = Path("/proc")
    if not (processes / "self" / "smaps_rollup").exists():
        return None
    return sum(_held(process) for process in processes.glob("[0-9]*") if _session(process) == leader)


def _total() -> int:
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for file in GROUP_LIMITS:
        with contextlib.suppress(OSError, ValueError):  # no such group, or "max"
            total = min(total, int(file.read_text(encoding="ascii")))
    return total


def _meminfo(name: str) -> int | None:
    with contextlib.suppress(OSError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return None


def _session(process: Path) -> int | None:
    try:
        # The name, in brackets, may hold anything.
        return int((process / "stat").read_text(errors="replace").rpartition(")")[2].split()[3])
    except (OSError, ValueError, IndexError):
        return None  # it has ended meanwhile


def _held(process: Path) -> int:
    with contextlib.suppress(OSError):
        for line in (process / "smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
