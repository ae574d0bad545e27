"""`manifest.json`: what an artifact says of itself. Written beside it; all that codegen reads."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from deploykit.precisions import Precision
from deploykit.spec import Contract, DType, RangeMethod
from deploykit.strict import Sparse, Strict

Verdict = Literal["passed", "failed", "not_run"]

ComputeUnits = Literal["all", "cpu_only", "cpu_and_gpu", "cpu_and_ne"]
"""What Core ML may run a model on: `coremltools.ComputeUnit`, in small letters."""


class TensorSpec(Strict):
    """A tensor at the artifact's border."""

    name: str
    dtype: DType
    shape: tuple[int | str, ...]
    """A size that is known at run time only has the name of its dimension in the contract; an output's may be a term in
    such names, for example `(time - 1) // 2 + 1`."""

    @property
    def fixed(self) -> tuple[int, ...]:
        """Its sizes, where all are known.

        Raises:
            ValueError: if one is not.
        """
        if names := [size for size in self.shape if isinstance(size, str)]:
            raise ValueError(f"{self.name} has the size {names[0]}, which is known at run time only")
        return tuple(size for size in self.shape if isinstance(size, int))


class Signature(Strict):
    """A named entry point: typed inputs and outputs, in order."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]

    @property
    def is_open(self) -> bool:
        """Whether a size is known at run time only."""
        return any(isinstance(size, str) for tensor in (*self.inputs, *self.outputs) for size in tensor.shape)


class FileTensor(Strict):
    """A tensor at the border of a saved file, as the file itself says it."""

    name: str
    dtype: str
    """NumPy's name; a file may hold types that no contract has."""
    shape: tuple[int, ...]
    """-1 for a size that is open."""


class Interface(Strict):
    """What a saved file says of its border."""

    inputs: tuple[FileTensor, ...]
    outputs: tuple[FileTensor, ...]
    states: tuple[FileTensor, ...] = ()
    """What the file keeps from call to call (Core ML's states): neither inputs nor outputs."""
    min_os: str | None = None
    """The oldest system that opens it, where the format says so."""


class GpuRecord(Strict):
    """Where LiteRT's GPU engine ran a file, and how."""

    adapter: str
    """As the driver calls it, for example `SwiftShader Device (Subzero)`."""
    software: bool
    """Whether a processor plays the GPU: the engine and its shaders are a phone's, the driver below them is not."""
    arithmetic: Literal["fp32", "fp16"]
    """What it computed in. A driver without fp16 computes in float32 what a phone's GPU computes in fp16."""
    on_cpu: int | None = 0
    """Ops that the engine left to the CPU; 0 means that LiteRT calls the file fully accelerated, None that it does not
    and the engine does not say how many."""
    on_gpu: int | None = None
    """Ops that it took, where it left some."""
    left: tuple[str, ...] = ()
    """Why it left them, by type of op: `RESHAPE: Tensor dimensions must be less than 5`."""
    equal_bits: bool = False
    """Whether every real number that it gave is the CPU's to the bit. Two engines hardly ever sum in the same order, so
    such outputs are probably the CPU's own and prove nothing."""


class ParityRecord(Sparse):
    """One comparison: an artifact, on a runner, for one kind of input, against eager PyTorch at fp32."""

    SPARSE = ("accelerator", "gpu")

    target: str
    precision: Precision
    runner: str
    """Name of the runner, for example `coreml-reference`, `litert`, `onnxruntime`."""
    compute_units: ComputeUnits | None = None
    """With Apple's runtime: what it was allowed to use. Which of them it did use, Core ML alone decides."""
    input: str
    """Kind of input: `random`, `zeros`, `extremes` or `samples`, at the default sizes; `at time=100`: random, at
    another size; `steps`: calls one after another, each with the states that the one before it gave."""
    draws: int = 0
    """How many inputs were compared."""
    verdict: Verdict
    reason: str = ""
    """Why it failed or could not be had; with a pass, what was demanded."""
    snr_db: float | None = None
    """10·log10(Σ reference² / Σ (reference - output)²) over all draws; the worst output's where there are several.
    Capped at 300 dB, which means equal bits."""
    max_abs: float | None = None
    max_rel: float | None = None
    """Largest absolute error over the largest absolute reference value."""
    floor_snr_db: float | None = None
    """The same figure for PyTorch itself at this precision: the noise floor."""
    required_snr_db: float | None = None
    metric: dict[str, float] = Field(default_factory=dict)
    """The task's own figures, for example `top1_agreement` and `top1_accuracy`."""
    accelerator: Literal["gpu"] | None = None
    """What of the SDK's cascade the runner stands for. A file that is wrong there is not wrong: the SDK leaves this
    accelerator out."""
    gpu: GpuRecord | None = None
    """Where the file ran, if on LiteRT's GPU engine."""


class GateRecord(Strict):
    """What is demanded of an artifact beside its own outputs.

    `fp32 twin`: the same model, lowered the same way at fp32, computes what PyTorch computes. A small mistake in the
    graph (a wrong epsilon, another GELU) drowns in fp16's noise and is plain there.
    `interface`: names, types and shapes of the saved file are those of the signature, and it opens on the target's
    oldest system.
    `fp16 range`: no value inside is larger than fp16 can hold, where the runner of such a file here would hide it.
    """

    gate: Literal["fp32 twin", "interface", "fp16 range"]
    verdict: Verdict
    reason: str
    """What is wrong or could not be had; with a pass, what was seen."""
    snr_db: float | None = None
    """Of the twin, on the input with the least room."""
    required_snr_db: float | None = None


class OpRecord(Strict):
    """One op of an artifact, for finding where numbers go wrong."""

    op: str
    """Its type, for example `matmul`."""
    output: str
    """Of its output in the file."""
    origin: str = ""
    """The line of the model that it comes from, where that is known."""
    largest: float | None = None
    """Largest magnitude of its output, had it been computed without rounding to fp16."""
    lost: float | None = None
    """Share of its values, zeros left out, that are below fp16's smallest number, 6e-8."""
    snr_db: float | None = None
    """Of its output, rounded against not rounded, on one input."""


class PrepareRecord(Strict):
    """What a pass over the network did before torch.export; see `deploykit.prepare.passes`."""

    name: str
    outcome: Literal["applied", "nothing to do", "dropped"]
    """`dropped`: it raised, or its network computed something else; the build went on without it."""
    what: str = ""
    """What it did, or why it was dropped, in one line."""
    snr_db: float | None = None
    """Its network against the original, in float64 (in float32 where the network cannot run in float64), at the worst
    output; 300 means equal bits."""
    seconds: float | None = None


class RoadRecord(Strict):
    """A way of lowering that was tried."""

    road: str
    outcome: Literal["kept", "passed", "failed", "not tried", "not available"]
    """`passed`: right, but another one was faster. `failed`: no file, or one that computes something else.
    `not available`: what the road needs could not be had on this host."""
    reason: str = ""
    snr_db: float | None = None
    """Of its fp32 file, on the input that leaves the least room."""
    rewrites: tuple[str, ...] = ()
    """What it took to get the model through, of `deploykit.prepare.rewrites.REWRITES`."""
    seconds: float | None = None


NOT_MADE = ("failed", "not available")
"""Outcomes of roads that were tried and led to no file that is right."""


class UnknownOp(Strict):
    """An op that stands in the way of converters."""

    op: str
    """Of the captured program: "aten.special_bessel_j0.default"."""
    place: str = ""
    """The line of the model, for example "model.py:12 `x = x.cumprod(0)`", where that is known."""
    backends: tuple[str, ...] = ()
    """Those that lack it."""


class CalibrationRecord(Strict):
    """The inputs that ranges of activations were read from."""

    source: str
    """As the project names it, or `random noise`."""
    count: int
    of: int | None = None
    """How many there are; those that were taken are evenly spread over them."""
    ranges: RangeMethod = "min-max"
    """How a tensor's range was found in them."""
    noise: bool = False
    left_out: tuple[str, ...] = ()
    """Pictures that could not be read."""


class Manifest(Sparse):
    """What an artifact says of itself."""

    SPARSE = ("calibration", "kept_float")

    deploykit: str
    model: str
    version: str
    license: str | None = None
    target: str
    backend: str
    precision: Precision
    file: str
    """Name of the model file (or `.mlpackage` folder) beside this manifest."""
    bytes: int
    sha256: str
    weights_sha256: str
    signature: Signature
    contract: Contract
    road: str
    tools: dict[str, str]
    calibration: CalibrationRecord | None = None
    """Of a file with int8 activations."""
    kept_float: tuple[str, ...] = ()
    """Layers that stayed float in a file with integers, by the names of their outputs."""
    parity: tuple[ParityRecord, ...] = ()
    gates: tuple[GateRecord, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """`failed` if anything decisive failed, `passed` if every gate and some comparison passed, else `not_run`."""
        gates = {record.verdict for record in self.gates}
        outputs = overall(decisive(self.parity))
        if "failed" in gates or outputs == "failed":
            return "failed"
        return "not_run" if "not_run" in gates else outputs


def tightest(records: Iterable[ParityRecord]) -> ParityRecord | None:
    """The comparison that leaves the least room over what was demanded; None where none has figures."""

    def room(record: ParityRecord) -> float:
        left = (record.snr_db or 0.0) - (record.required_snr_db or 0.0)
        return -math.inf if math.isnan(left) else left

    return min((record for record in records if record.snr_db is not None), key=room, default=None)


def decisive(records: Iterable[ParityRecord]) -> tuple[ParityRecord, ...]:
    """The comparisons that decide about an artifact: those of the runtime that every phone has."""
    return tuple(record for record in records if record.accelerator is None)


def left_out(records: Iterable[ParityRecord]) -> tuple[str, ...]:
    """The accelerators on which an artifact is wrong, or which crash at it: its SDK never opens them."""
    wrong = (record.accelerator for record in records if record.verdict == "failed")
    return tuple(dict.fromkeys(name for name in wrong if name is not None))


def overall(records: Iterable[ParityRecord]) -> Verdict:
    """`failed` if any comparison failed, else `passed` if one ran and passed, else `not_run`."""
    verdicts = {record.verdict for record in records}
    return "failed" if "failed" in verdicts else "passed" if "passed" in verdicts else "not_run"
