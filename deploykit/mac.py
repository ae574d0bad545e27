"""The two files that travel between a build and a Mac: `kit.json` goes there, `results.json` comes back.

`templates/mac/check.py`, which runs on the Mac without deploykit, reads the first and writes the second. What comes
back was written elsewhere, so nothing in it is believed: every size is bounded, and every array has to have the bytes
that its shape and dtype ask for.
"""

from __future__ import annotations

import math
from base64 import b64decode
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, FiniteFloat, model_validator

from deploykit.manifest import ComputeUnits
from deploykit.precisions import Precision
from deploykit.spec import BoundSpec
from deploykit.strict import Sparse, Strict

if TYPE_CHECKING:  # every report is read with this module, also by a build that has nothing to do
    from numpy.typing import NDArray

ALL_UNITS: tuple[ComputeUnits, ...] = ("all", "cpu_only", "cpu_and_gpu", "cpu_and_ne")
"""In the order in which they are run and shown."""

APPLE_RUNNER = "coreml-apple"

Device = Literal["neural_engine", "gpu", "cpu", "other"]
Name = Annotated[str, Field(max_length=500)]
Text = Annotated[str, Field(max_length=20_000)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class KitModel(Strict):
    """An artifact of the kit, and what the judge needs to know of it."""

    name: Name
    """Target and precision, for example `ios_coreml-fp16`."""
    target: str
    precision: Precision
    file: str
    """Relative to the kit."""
    sha256: Digest
    """As `manifest.json` has it."""
    macos: int
    """The least major version of macOS that opens it."""
    floor_snr_db: dict[str, float]
    """By kind of input: PyTorch's own noise at this precision, over the kit's draws."""
    tolerance: BoundSpec | None
    """The project's own bound, where it has one."""


class Kit(Sparse):
    """`kit.json`."""

    SPARSE = ("states",)

    format: Literal[1] = 1
    deploykit: str
    model: str
    version: str
    compute_units: tuple[ComputeUnits, ...] = ALL_UNITS
    inputs_sha256: Digest
    reference_sha256: Digest
    draws: dict[str, tuple[int, ...]]
    """By kind of input: which of the build's draws are in the kit."""
    labels: tuple[int | None, ...]
    """The true label of each of the kit's samples."""
    models: tuple[KitModel, ...]
    states: dict[str, str] = Field(default_factory=dict)
    """Inputs that are states, each with the output that the next call is given there."""


class ArrayResult(Strict):
    """An array as the bytes that it has in memory, little-endian, in C order."""

    dtype: Literal["float16", "float32", "float64", "int8", "uint8", "int16", "uint16", "int32", "int64", "bool"]
    shape: tuple[Annotated[int, Field(ge=0, lt=2**31)], ...] = Field(max_length=16)
    base64: str

    @model_validator(mode="after")
    def _fits(self) -> Self:
        import numpy as np

        wanted = math.prod(self.shape) * np.dtype(self.dtype).itemsize
        if len(self.base64) != 4 * ((wanted + 2) // 3) or len(self._bytes()) != wanted:
            raise ValueError(
                f"{self.dtype} of shape {list(self.shape)} takes {wanted} bytes; the text holds another number"
            )
        return self

    def _bytes(self) -> bytes:
        return b64decode(self.base64, validate=True)

    def array(self) -> NDArray[Any]:
        """The array itself, read-only."""
        import numpy as np

        return np.frombuffer(self._bytes(), np.dtype(self.dtype).newbyteorder("<")).reshape(self.shape)


class KindResult(Strict):
    """What a model gave for one kind of input: arrays (draws × shape), or the error that ended it."""

    error: Text = ""
    outputs: dict[Name, ArrayResult] = Field(default_factory=dict, max_length=1000)

    @model_validator(mode="after")
    def _either(self) -> Self:
        if bool(self.error) == bool(self.outputs):
            raise ValueError("an error or outputs are needed, and not both")
        return self


class PlannedOp(Strict):
    """Where Core ML says that it would run an op (`MLComputePlan`)."""

    name: Name
    type: Name
    preferred: Device | None = None
    """None where Core ML does not say."""
    supported: tuple[Device, ...] = Field((), max_length=10)
    cost: Annotated[FiniteFloat, Field(ge=0)] | None = None
    """Its share of the model's estimated cost, 0 to 1."""


class PlanResult(Strict):
    """`MLComputePlan` of a model on some units, or why there is none."""

    error: Text = ""
    ops: tuple[PlannedOp, ...] = Field((), max_length=200_000)


class UnitResult(Strict):
    """A model on some compute units: outputs by kind of input, or the reason why there are none."""

    model: Name
    sha256: Digest
    """Of the file that was run, measured on the Mac."""
    compute_units: ComputeUnits
    not_run: Text = ""
    """The Mac lacks what is needed: says nothing of the model."""
    error: Text = ""
    """Core ML refused the model."""
    kinds: dict[Name, KindResult] = Field(default_factory=dict, max_length=100)
    milliseconds: Annotated[FiniteFloat, Field(ge=0)] | None = None
    """Median of a `predict` from Python, after the first."""
    predictions: Annotated[int, Field(ge=0)] = 0
    """How many were timed."""
    plan: PlanResult

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(map(bool, (self.not_run, self.error, self.kinds))) != 1:
            raise ValueError("exactly one of not_run, error and kinds is needed")
        return self


class Machine(Strict):
    """The Mac; what could not be found out is told as text."""

    macos: Name
    chip: Name
    devices: tuple[Name, ...] = Field(max_length=100)
    """What Core ML can use, for example `gpu`; one text where it does not say."""
    coremltools: Name
    numpy: Name
    python: Name


class Results(Strict):
    """`results.json`."""

    format: Literal[1]
    inputs_sha256: Digest
    machine: Machine
    runs: tuple[UnitResult, ...] = Field(min_length=1, max_length=1000)
