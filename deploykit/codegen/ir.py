"""The language-neutral model of an SDK: what Kotlin and Swift both say, before either says it.

Language passes (`kotlin.py`, `swift.py`) map these nodes to finished names, types and literals; templates only lay
out. Nothing here imports torch or knows a language.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Picture:
    """How a picture becomes the artifact's input: float32, 1 × height × width × channels, 0 … 255.

    Normalisation (scale, mean, std) and layout are inside the artifact, so they are not here.
    """

    tensor: str
    width: int
    height: int
    color: Literal["rgb", "bgr", "gray"]
    resize: Literal["bilinear", "bicubic", "nearest"]
    crop: Literal["none", "center", "letterbox"]
    crop_fraction: float

    @property
    def channels(self) -> int:
        """1 for gray, else 3."""
        return 1 if self.color == "gray" else 3


@dataclass(frozen=True)
class Scores:
    """The artifact's output: float32, 1 × labels."""

    tensor: str
    labels: tuple[str, ...]
    activation: Literal["softmax", "sigmoid", "none"]


@dataclass(frozen=True)
class Golden:
    """A picture and what eager PyTorch at fp32 makes of it; it travels with the SDK and is checked there."""

    name: str
    file: Path
    """A PNG."""
    scores: tuple[float, ...]


@dataclass(frozen=True)
class ModelFile:
    """The artifact that the SDK ships."""

    path: Path
    """The file, or the `.mlpackage` folder, on this host."""
    name: str
    sha256: str
    bytes: int
    precision: str


@dataclass(frozen=True)
class Runtime:
    """The package that opens the artifact; `coordinate` is empty where the operating system has it."""

    engine: Literal["litert", "tflite", "onnxruntime", "coreml"]
    coordinate: str
    version: str
    accelerators: tuple[str, ...]
    min_os: str
    pages_16kb: bool | None = None
    """Whether its native libraries suit memory pages of 16 KB; None where nobody has looked."""


@dataclass(frozen=True)
class Sdk:
    """One generated SDK: one model, one platform, one engine."""

    deploykit: str
    """deploykit's version."""
    target: str
    model: str
    """The model's name, as the user wrote it."""
    version: str
    license: str | None
    class_name: str
    """PascalCase, for example `DigitClassifier`."""
    namespace: str
    """Kotlin package, for example `com.example.digits`; its last part is also the Gradle module's name."""
    module: str
    """Swift module, PascalCase, for example `Digits`."""
    picture: Picture
    scores: Scores
    file: ModelFile
    runtime: Runtime
    goldens: tuple[Golden, ...]
    tolerance: float
    """Largest absolute difference from a golden's score that `selfTest()` accepts."""
    parity: str
    """The measured figures, without a period, for example `matches PyTorch to 118 dB (LiteRT, fp32)`."""
