"""What accelerators take of an artifact, as data: `deploykit analyze` prints it, the report draws it."""

from __future__ import annotations

from deploykit.opgraph import Evidence
from deploykit.strict import Sparse

TAKEN, LEFT, REFUSED, UNKNOWN = "tlnu"
"""One letter per op: it runs on the accelerator; the accelerator knows it, but its part of the graph is too small to be
handed over; it is refused; nobody can say."""


class PlacedOp(Sparse):
    """An op of a file, in the order of execution."""

    SPARSE = ("macs", "origin")

    op: str
    name: str
    """Of its first output."""
    macs: int = 0
    """Multiply-adds of one run, at the default sizes."""
    origin: str = ""
    """The line of the model that it comes from, where that is known."""


class Refusal(Sparse):
    """Why an accelerator does not take some ops of one type."""

    SPARSE = ("folklore", "cuts", "origins")

    op: str
    reason: str
    count: int
    cuts: int = 0
    """Of them, how many lie between two parts that the accelerator takes: the graph is cut there."""
    origins: tuple[str, ...] = ()
    """The lines of the model that they come from, the first few."""
    folklore: bool = False


class AcceleratorCoverage(Sparse):
    """What one accelerator takes of a file."""

    SPARSE = ("refusals", "notes", "limit", "left", "unknown")

    name: str
    title: str
    evidence: Evidence
    source: str
    version: str
    verdicts: str
    """A letter per op; see `TAKEN` and the others."""
    taken: int
    """Ops that run on it."""
    left: int = 0
    """Ops that it knows, and which stay on the CPU because only so many parts are handed over."""
    unknown: int = 0
    partitions: int
    """Parts of the graph that are handed over, each with a copy in and a copy out."""
    limit: int = 0
    """How many parts the runtime hands over at most; 0 where it does not say."""
    possible: int
    """Parts that there would be without that limit."""
    macs_share: float | None = None
    """Of the multiply-adds, 0 to 1; None where the file has none."""
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()


class Coverage(Sparse):
    """What all accelerators of a file's format take of it."""

    SPARSE = ("notes",)

    ops: tuple[PlacedOp, ...]
    macs: int
    accelerators: tuple[AcceleratorCoverage, ...]
    notes: tuple[str, ...] = ()
