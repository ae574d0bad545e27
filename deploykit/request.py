"""What `deploykit build` was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deploykit.cache.store import Store
from deploykit.project import Entry, Project
from deploykit.spec import Precision


@dataclass(frozen=True)
class BuildRequest:
    """What `deploykit build` was asked for."""

    source: Project | Entry
    """A project, or just an entry, whose contract is then made by looking at the model."""
    out: Path
    targets: tuple[str, ...] = ()
    """Of the project's targets; empty for all of them."""
    precisions: tuple[Precision, ...] = ()
    workers: int = 2
    best: bool = False
    """Whether to try every road, and keep the fastest file that is right; else the first one is kept."""
    store: Store | None = None
    """The cache of what earlier builds did; None for none."""
    fresh: bool = False
    """Whether to do everything anew, and only keep it for later builds."""

    @property
    def name(self) -> str:
        """Of the model."""
        return self.source.name if isinstance(self.source, Project) else self.source.model.entry
