"""What is known of each job: a small file in the output folder, which all machines of a cluster share.

Whoever runs a job writes it, whoever waits for the job reads it. That a job has been begun is in it before the job's
process starts: so the number of tries is right also if the worker is killed with it. A job whose file says meanwhile
that it is over is no longer wanted: its process is ended.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from deploykit.batch.job import REPORT, Order
from deploykit.strict import Strict


class Entry(Strict):
    """What is known of one job."""

    state: Literal["waiting", "running", "died", "ended"]
    """`died`: its process was killed, and it may be begun again."""
    tries: int = 0
    """How often it was begun."""
    where: str = ""
    """The machine on which it runs."""
    code: int | None = None
    """Exit code of the build: 0 and 1 left a report; None if it did not come to its end."""
    reason: str = ""
    """Why there is no report; of `died`, how its process ended."""
    seconds: float | None = None
    peak_bytes: int | None = None
    """The most memory that its processes held at the same time, also in earlier builds, of which this one may reuse
    much; None where the system does not tell."""

    @property
    def reported(self) -> bool:
        """Whether the build came to its end, and its output folder is of now."""
        return self.state == "ended" and self.code in (0, 1)


def path(order: Order) -> Path:
    """The file of a job."""
    return order.out / REPORT / "jobs" / f"{order.job.name}.json"


def read(order: Order) -> Entry | None:
    """What is known; None if there is no file, or none that can be read."""
    try:
        return Entry.model_validate_json(path(order).read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None


def write(order: Order, entry: Entry) -> Entry:
    """Notes it, whole or not at all.

    Raises:
        OSError: if it cannot be written.
    """
    file = path(order)
    part = file.with_name(f".{file.name}.{os.getpid()}")
    part.write_text(entry.model_dump_json(indent=2) + "\n", encoding="utf-8")
    part.replace(file)
    return entry


def wanted(order: Order) -> bool:
    """Whether the batch still waits for it."""
    entry = read(order)
    return entry is not None and entry.state != "ended"
