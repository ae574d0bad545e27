"""The language-neutral model of an SDK: what Kotlin and Swift both say, before either says it.

Language passes (`kotlin.py`, `swift.py`) map these nodes to finished names, types and literals; templates only lay
out. Nothing here imports torch or knows a language.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deploykit.spec import DType
from deploykit.tasks import TaskName


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
class Tensor:
    """A tensor at the artifact's border."""

    tensor: str
    dtype: DType
    shape: tuple[int, ...]
    state: str | None = None
    """Of an input: the output that the next call is given here. Apps do not see it; the first call is given zeros."""


Input = Picture | Tensor


@dataclass(frozen=True)
class Scores:
    """One score for each label."""

    activation: Literal["softmax", "sigmoid", "none"]


@dataclass(frozen=True)
class Boxes:
    """Boxes around what is seen, before non-maximum suppression; see `deploykit.outputs.BoxesOutput`."""

    tensor: str
    scores: str | None
    corners: Literal["xyxy", "xywh", "cxcywh"]
    unit: Literal["pixels", "fractions"]
    min_score: float
    overlap: float


@dataclass(frozen=True)
class ClassMap:
    """A label for each pixel: as an integer, or by a score for each label along an axis of the output."""

    axis: int | None
    """From the front; None where the output has the labels themselves."""


@dataclass(frozen=True)
class NewPicture:
    """A picture made of a picture."""

    verb: str
    range: tuple[float, float]
    layout: Literal["NCHW", "NHWC"]
    overlap: int | None
    """Pixels of a tile's edge that are there for its neighbours only; None where a picture is taken as a whole."""


@dataclass(frozen=True)
class Vector:
    """A vector whose direction counts."""

    length: int


@dataclass(frozen=True)
class AnyTensors:
    """Inputs and outputs as they are, by name."""


Answer = Scores | Boxes | ClassMap | NewPicture | Vector | AnyTensors
"""What an app gets of the model."""


@dataclass(frozen=True)
class GoldenInput:
    """One input of a golden: a PNG, or a tensor's numbers as they lie in memory (little-endian; one byte a bool)."""

    file: Path


@dataclass(frozen=True)
class GoldenOutput:
    """What eager PyTorch at fp32 gives in one output: every `step`-th value, in C order."""

    step: int
    values: tuple[float, ...]


@dataclass(frozen=True)
class Golden:
    """Inputs and what PyTorch makes of them; they travel with the SDK and are checked there."""

    name: str
    inputs: tuple[GoldenInput, ...]
    """Of every input that is no state, in order."""
    outputs: tuple[GoldenOutput, ...]


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
    task: TaskName
    labels: tuple[str, ...]
    inputs: tuple[Input, ...]
    outputs: tuple[Tensor, ...]
    answer: Answer
    file: ModelFile
    runtime: Runtime
    goldens: tuple[Golden, ...]
    required_snr_db: float
    """Signal-to-noise ratio that `selfTest()` demands of each output."""
    parity: str
    """The measured figures, without a period, for example `matches PyTorch to 118 dB (LiteRT, fp32)`."""

    @property
    def picture(self) -> Picture | None:
        """The first input that is a picture."""
        return next((given for given in self.inputs if isinstance(given, Picture)), None)
