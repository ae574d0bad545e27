"""What was measured, as plain data: `bench.json`, and a part of the report."""

from __future__ import annotations

from deploykit.strict import Strict


class Speed(Strict):
    """A file on one runner of this machine, or on one accelerator of a device."""

    name: str
    """Target and precision, or the file's name."""
    by: str
    """The runner, or the device's accelerator."""
    device: str = ""
    """Empty for this machine."""
    bytes: int
    load_ms: float | None = None
    """Opening the file, with the runner's own code loaded before."""
    first_ms: float | None = None
    median_ms: float | None = None
    p95_ms: float | None = None
    runs: int = 0
    peak_bytes: int | None = None
    """Of the process, beyond what it had before the file was opened; None where the system does not tell."""
    ratio: float | None = None
    """Of the median, to that of the first file on the same runner, measured in turns with it."""
    interprets: bool = False
    """Whether it is computed op by op, so that its time says nothing of a phone's."""
    note: str = ""
    """How much of it an accelerator took, or why nothing was measured."""


class Bench(Strict):
    """All of one session."""

    host: str
    speeds: tuple[Speed, ...]
    unavailable: tuple[str, ...] = ()
    """What was asked for and could not be had, with the reason."""
