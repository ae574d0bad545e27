"""What `deploykit build` was asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from deploykit.cache.store import Store
from deploykit.precisions import Precision
from deploykit.project import Entry, Project
from deploykit.spec import QuantizeSpec
from deploykit.tradeoff import Wish


@dataclass(frozen=True)
class Mixing:
    """Which ops may have another precision than their file.

    Attributes:
        keep_float: whether a file with integers that is wrong gets more and more float layers until it is right.
        fp16_islands: whether ops whose values leave fp16's range stay float32 in a file at fp16.
    """

    keep_float: bool = False
    fp16_islands: bool = False

    def or_as(self, spec: QuantizeSpec) -> Mixing:
        """With what the project wishes as well."""
        return Mixing(self.keep_float or spec.keep_float == "auto", self.fp16_islands or spec.fp16_islands == "auto")


NO_MIXING = Mixing()


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
    mixing: Mixing = NO_MIXING
    """Which ops may have another precision than their file, also where the project does not say so."""
    wish: Wish = field(default_factory=Wish)
    """What is wanted of the artifact that an SDK ships; without a wish it is the first that passed."""
    sweep: bool = False
    """Whether every target is made at every precision that it gives."""
    fresh: bool = False
    """Whether to do everything anew, and only keep it for later builds."""

    @property
    def name(self) -> str:
        """Of the model."""
        return self.source.name if isinstance(self.source, Project) else self.source.model.entry
