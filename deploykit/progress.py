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
        """By stage, in order; no second is counted twice."""
        self._parts: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Times a stage."""
        start = time.monotonic()
        self._parts = {}
        self.started(name)
        yield
        seconds = time.monotonic() - start
        self.seconds[name] = round(seconds - sum(self._parts.values()), 3)
        self.seconds |= self._parts
        self.finished(name, seconds)

    def parts(self, seconds: dict[str, float]) -> None:
        """What a job measured of its parts: they become stages after the current one, whose time is without them."""
        self._parts |= seconds

    def note(self, text: str) -> None:
        """Something that the user should know, which is no failure."""

    def started(self, name: str) -> None:
        """A stage begins."""

    def finished(self, name: str, seconds: float) -> None:
        """A stage ended well."""

    def job(self, name: str, log: Path) -> None:
        """A job of the current stage ended; its output is in `log`."""
