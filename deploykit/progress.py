"""What a build tells while it runs: the stage, how far it is, and where the log is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Progress:
    """Times the stages and says nothing; the command line has a subclass that shows them."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        """By stage, in order; parts of a stage are `stage/part`."""
        self._current = ""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Times a stage."""
        start = time.monotonic()
        self._current = name
        self.started(name)
        try:
            yield
        finally:
            self.seconds[name] = round(time.monotonic() - start, 3)
        self.finished(name, self.seconds[name])

    def parts(self, seconds: dict[str, float]) -> None:
        """Adds what a job measured of its own parts to the current stage."""
        self.seconds |= {f"{self._current}/{part}": value for part, value in seconds.items()}

    def started(self, name: str) -> None:
        """A stage begins."""

    def finished(self, name: str, seconds: float) -> None:
        """A stage ended well."""

    def job(self, name: str, log: Path) -> None:
        """A job of the current stage ended; its output is in `log`."""
