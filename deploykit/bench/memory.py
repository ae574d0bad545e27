"""Peak memory of the present process. Linux only: elsewhere a peak cannot be set back, and nothing is told."""

from __future__ import annotations

import sys
from pathlib import Path

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def reset_peak() -> int | None:
    """Sets the peak back to what is in use, and gives that in bytes; None where the system does not tell.

    Source: https://docs.kernel.org/filesystems/proc.html, clear_refs and VmHWM.
    """
    if sys.platform != "linux":
        return None
    try:
        _CLEAR.write_text("5")
    except OSError:
        return None
    return peak()


def peak() -> int | None:
    """The most memory in use since the last `reset_peak`, in bytes."""
    lines = _STATUS.read_text(encoding="ascii").splitlines() if sys.platform == "linux" else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), None)
