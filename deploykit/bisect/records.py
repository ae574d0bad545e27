"""What a bisection found, as data: printed, written as JSON, and read by the repro."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from deploykit.probes.results import Finding
from deploykit.strict import Strict

Verdict = Literal["right", "converter", "file", "runtime", "foreign"]
"""`right`: the artifact computes what PyTorch computes. `converter`: the op goes wrong by itself, too, when only it is
converted. `file`: the file goes wrong there, but the op converted by itself is right. `runtime`: the file is right op
by op, and what the runtime makes of it is not. `foreign`: the file has no result of the model."""


class NodeRecord(Strict):
    """An op of the model, and what the file has of it."""

    name: str
    op: str
    place: str = ""
    """Its line and module, for example "model.py:12 `x = x / 0.1` in blocks.1 (Block)"."""
    right: bool
    """Whether a tensor of the file is its result."""
    tensor: str = ""
    """That tensor; of a result that the file does not have, the one that comes nearest, if any does."""
    made_by: str = ""
    """The op of the file that gave that tensor."""
    snr_db: float | None = None
    floor_db: float | None = None
    required_db: float
    """What a tensor needs to count as this result."""


class FileOpRecord(Strict):
    """An op of the file that is given what is right, and gives what the model does not have."""

    op: str
    tensor: str
    operands: tuple[str, ...] = ()


class ProofRecord(Strict):
    """Some ops, converted by themselves and given their real inputs."""

    suspect: str
    nodes: tuple[str, ...]
    ops: tuple[str, ...]
    finding: Finding
    shows: bool
    """Whether it shows the fault."""


class ReproRecord(Strict):
    """What the written `repro.py` said when it was run by itself."""

    ran: bool
    snr_db: float | None = None
    """Of the worst output."""
    reason: str = ""


class Bisection(Strict):
    """What came of it all."""

    artifact: str
    """Its file's name."""
    model: str
    backend: str
    road: str
    """That made it, or by which single ops are converted."""
    runner: str
    made: Literal["given", "by the road", "by the road, without rewrites"]
    verdict: Verdict
    input: str
    """Kind of input and number of the draw that everything was looked at with."""
    snr_db: float | None
    """Of the artifact's outputs on its runner, on that input."""
    plain_db: float | None = None
    """The same, run op by op without optimisations."""
    floor_db: float | None = None
    required_db: float | None = None
    total: int = 0
    """Results of the model that depend on its inputs."""
    matched: int = 0
    """Those that the file has, too."""
    good: tuple[NodeRecord, ...] = ()
    """The last ones before the fault."""
    bad: tuple[NodeRecord, ...] = ()
    """The first ones that the file does not have; the culprit is the first."""
    file_op: FileOpRecord | None = None
    proof: ProofRecord | None = None
    """The smallest one that shows the fault; None if none does."""
    tried: tuple[ProofRecord, ...] = ()
    repro: ReproRecord | None = None
    versions: dict[str, str] = Field(default_factory=dict)

    @property
    def culprit(self) -> NodeRecord | None:
        """The first op that goes wrong."""
        return self.bad[0] if self.bad else None
