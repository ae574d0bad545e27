"""`report.json`: everything that a build measured. The HTML and JUnit reports are made from it alone."""

from __future__ import annotations

from pydantic import Field

from deploykit.bench.records import Bench
from deploykit.coverage import Coverage
from deploykit.devices import AcceleratorName, Place
from deploykit.mac import Device, Machine
from deploykit.manifest import (
    ComputeUnits,
    GateRecord,
    OpRecord,
    ParityRecord,
    PrepareRecord,
    RoadRecord,
    UnknownOp,
    Verdict,
)
from deploykit.precisions import Precision
from deploykit.sightings import Sighting
from deploykit.spec import Contract
from deploykit.strict import Sparse, Strict


class ArtifactRecord(Sparse):
    """One target at one precision: the artifact, or why there is none."""

    SPARSE = ("coverage",)

    target: str
    target_title: str
    backend: str
    precision: Precision
    verdict: Verdict
    path: str | None
    """Relative to the output folder; None where no road led to an artifact."""
    bytes: int | None
    sha256: str | None
    road: str | None
    roads_tried: tuple[RoadRecord, ...]
    unknown: tuple[UnknownOp, ...] = ()
    """Where no road led to an artifact: the ops of the model that stand in the way."""
    log: str | None
    """The converter's own output, relative to the output folder."""
    gates: tuple[GateRecord, ...] = ()
    kept_float: tuple[OpRecord, ...] = ()
    """Layers that stayed float in a file with integers, the noisiest first; `snr_db`: over the noise of its own."""
    overflows: tuple[OpRecord, ...] = ()
    """Ops whose outputs exceed fp16's range, in the order of execution."""
    underflows: tuple[OpRecord, ...] = ()
    """Ops of which fp16 takes many values for 0, the one that loses most first."""
    curve: tuple[OpRecord, ...] = ()
    """What rounding to fp16, or to integers, leaves of each op's output, in the order of execution; empty where it was
    not looked at."""
    costliest: OpRecord | None = None
    """The op whose rounding costs the output most, where one stands out."""
    coverage: Coverage | None = None
    """What accelerators take of it, where that could be told."""


class ErrorProfile(Strict):
    """How the absolute errors of one comparison are spread: counts per decade bin of log10 |reference - output|."""

    target: str
    precision: Precision
    runner: str
    compute_units: ComputeUnits | None = None
    input: str
    log10_edges: tuple[float, ...]
    counts: tuple[int, ...]
    """One fewer than the edges; exact zeros are counted in `exact`."""
    exact: int


class Prediction(Strict):
    """What one runner says of a sample."""

    by: str
    """`PyTorch`, or target, precision and runner."""
    label: str
    score: float


class SampleRecord(Strict):
    """One of the project's samples, shrunk to be shown, with everyone's answer."""

    name: str
    png_base64: str
    label: str | None
    predictions: tuple[Prediction, ...] = ()
    """Of an image classifier."""
    sightings: tuple[Sighting, ...] = ()
    """Of a detector; PyTorch's comes first."""


class SdkRecord(Strict):
    """One of the two SDKs, or why it was not written."""

    platform: str
    language: str
    written: bool
    target: str | None
    precision: Precision | None
    path: str | None
    reason: str
    condemned: str = ""
    """Why it must not be shipped, where that was found out after it was written."""


class DeviceShare(Strict):
    """How much of a model Core ML would run on one device."""

    device: Device | None
    """None: Core ML does not say."""
    ops: int
    cost: float | None
    """Their share of the estimated cost, 0 to 1; None where Core ML gives no costs."""


class MacPlan(Strict):
    """`MLComputePlan` in short: Apple's own estimate on that Mac, not a measurement."""

    error: str = ""
    """Why there is none."""
    devices: tuple[DeviceShare, ...] = ()
    """Most ops first."""
    elsewhere: dict[str, int] = Field(default_factory=dict)
    """Types of the ops that are planned on another device than the Neural Engine, and how many there are of each."""


class MacRun(Strict):
    """An artifact on some compute units of a Mac: what was imported beside the comparisons."""

    target: str
    precision: Precision
    compute_units: ComputeUnits
    machine: Machine
    milliseconds: float | None
    """Median of one `predict` from Python, after the first."""
    predictions: int
    plan: MacPlan


class DeviceRow(Strict):
    """One of an SDK's own tests on one accelerator of a device."""

    accelerator: AcceleratorName
    test: str
    verdict: Verdict
    """`not_run`: the accelerator did not open the model, or there is none."""
    snr_db: float | None
    max_error: float | None
    cold_ms: float | None
    """Of the accelerator's first run, with opening the model."""
    warm_ms: float | None
    error: str = ""


class DeviceRun(Strict):
    """What an SDK's `selfTest()` told of a device, or why nothing was told."""

    target: str
    precision: Precision
    place: Place
    verdict: Verdict
    """Of the accelerator that the model uses there. An SDK steps down from the others where they are wrong."""
    reason: str = ""
    """How it can be had, where it was not."""
    device: str = ""
    os: str = ""
    engine: str = ""
    accelerator: AcceleratorName | None = None
    """What the model used."""
    required_snr_db: float | None = None
    rows: tuple[DeviceRow, ...] = ()


class StageTime(Strict):
    """Wall-clock seconds of a stage."""

    stage: str
    seconds: float


class ModelRecord(Strict):
    """The model as it was captured."""

    name: str
    version: str
    entry: str
    license: str | None
    parameters: int
    weights_sha256: str
    contract: Contract
    notes: tuple[str, ...]
    """What a reader has to know, for example that the weights are random."""
    prepared: tuple[PrepareRecord, ...] = ()
    """What was done to the network before torch.export; the reference is the network without it."""


class Report(Strict):
    """A whole build."""

    verdict: Verdict
    model: ModelRecord
    versions: dict[str, str]
    """Of deploykit, Python and the packages that converted and ran."""
    host: str
    artifacts: tuple[ArtifactRecord, ...]
    parity: tuple[ParityRecord, ...]
    errors: tuple[ErrorProfile, ...]
    samples: tuple[SampleRecord, ...]
    sdks: tuple[SdkRecord, ...]
    absent: dict[str, str] = Field(default_factory=dict)
    """Runners of the targets that this host cannot have, and why; without Apple's, which has `mac`."""
    mac: tuple[MacRun, ...] = ()
    """What `deploykit parity --import` brought of Macs; its comparisons are in `parity`."""
    devices: tuple[DeviceRun, ...] = ()
    """What the SDKs' own tests gave: `not_run` for each place, until `deploykit parity --import` brings a record."""
    bench: Bench | None = None
    """What `deploykit bench` measured."""
    jobs: int = 0
    """How many captures, lowerings, runs and examinations the build is made of; 0 where nobody counted."""
    reused: tuple[str, ...] = ()
    """Those whose results came from the cache: nothing that they depend on has changed since they ran. Their seconds
    are of that time."""
    stages: tuple[StageTime, ...]
