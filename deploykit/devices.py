"""`selftest.json`: what `selfTest()` of an SDK tells of a device. Kotlin and Swift write the same.

It was written elsewhere, so every size is bounded, and what it says of itself has to hold together.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, FiniteFloat, model_validator
from pydantic.alias_generators import to_camel

from deploykit.strict import Strict

Place = Literal["mac", "simulator", "device"]

PLACES: dict[str, dict[Place, str]] = {
    "android": {"device": "open the sample app's self-test on a device, and share its JSON"},
    "ios": {
        "mac": "SELFTEST=$PWD/selftest.json swift test, in ios/ on a Mac",
        "simulator": "TEST_RUNNER_SELFTEST=$PWD/selftest.json xcodebuild test, in ios/ on a Mac",
        "device": "open the sample app's self-test on a device, and share its JSON",
    },
}
"""Platform → where its SDK can test itself, and how. None of these can be had where the SDK is made."""

Name = Annotated[str, Field(max_length=500)]
Text = Annotated[str, Field(max_length=20_000)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Positive = Annotated[FiniteFloat, Field(ge=0)]
AcceleratorName = Literal["npu", "neural_engine", "gpu", "cpu"]

SIMULATOR = " simulator"
"""What the name of a device ends with that a Mac plays."""

MACOS = "macOS "
"""What the name of a Mac's system begins with."""


class _Camel(Strict):
    """Keys are written as Kotlin and Swift write names."""

    model_config = ConfigDict(alias_generator=to_camel)


class SelfTestRow(_Camel):
    """One of the model's own tests on one accelerator."""

    accelerator: AcceleratorName
    test: Name
    passed: bool
    max_error: Positive | None
    """None: the model did not run, or gave no number."""
    snr_db: FiniteFloat | None
    """None: the model did not run, agrees exactly, or gives integers or nothing but zeros."""
    cold_ms: Positive | None
    warm_ms: Positive | None
    error: Text | None
    """Why the model did not run."""

    @model_validator(mode="after")
    def _either(self) -> Self:
        if self.passed and self.error is not None:
            raise ValueError("it cannot both have passed and not have run")
        return self


class SelfTest(_Camel):
    """`selftest.json`."""

    target: Name
    model: Name
    version: Name
    sha256: Digest
    """Of the model's file, as the SDK's code has it; the SDK has compared the file that it opened."""
    engine: Name
    device: Name
    os_build: Name
    required_snr_db: FiniteFloat
    accelerator: AcceleratorName | None
    """What the model used; None: it was closed."""
    passed: bool
    rows: tuple[SelfTestRow, ...] = Field(max_length=10_000)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        for place, row in enumerate(self.rows):
            if row.passed and row.snr_db is not None and row.snr_db < self.required_snr_db:
                raise ValueError(
                    f"rows.{place} passed with {row.snr_db} dB, and {self.required_snr_db} dB are required"
                )
        used = [row.passed for row in self.rows if row.accelerator == self.accelerator]
        if self.passed != (bool(used) and all(used)):
            raise ValueError(f"passed is {self.passed}, and the rows of {self.accelerator} say otherwise")
        return self

    @property
    def place(self) -> Place:
        """Where it was made; an emulator of Android's is a device of that name."""
        if self.device.endswith(SIMULATOR):
            return "simulator"
        return "mac" if self.os_build.startswith(MACOS) else "device"
