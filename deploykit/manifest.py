"""`manifest.json`: what an artifact says of itself. Written beside it; all that codegen reads."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from deploykit.spec import Contract, DType, Precision, Strict

Verdict = Literal["passed", "failed", "not_run"]

ComputeUnits = Literal["all", "cpu_only", "cpu_and_gpu", "cpu_and_ne"]
"""What Core ML may run a model on: `coremltools.ComputeUnit`, in small letters."""


class TensorSpec(Strict):
    """A tensor at the artifact's border."""

    name: str
    dtype: DType
    shape: tuple[int, ...]


class Signature(Strict):
    """A named entry point: typed inputs and outputs, in order."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]


class ParityRecord(Strict):
    """One comparison: an artifact, on a runner, for one kind of input, against eager PyTorch at fp32."""

    target: str
    precision: Precision
    runner: str
    """Name of the runner, for example `coreml-reference`, `litert`, `onnxruntime`."""
    compute_units: ComputeUnits | None = None
    """With Apple's runtime: what it was allowed to use. Which of them it did use, Core ML alone decides."""
    input: str
    """Kind of input: `random`, `zeros`, `extremes` or `samples`."""
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


class RoadRecord(Strict):
    """A way of lowering that was tried."""

    road: str
    outcome: Literal["kept", "failed", "not tried"]
    reason: str = ""
    seconds: float | None = None


class Manifest(Strict):
    """What an artifact says of itself."""

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
    parity: tuple[ParityRecord, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """`failed` if anything failed, else `passed` if something ran and passed, else `not_run`."""
        verdicts = {record.verdict for record in self.parity}
        return "failed" if "failed" in verdicts else "passed" if "passed" in verdicts else "not_run"
