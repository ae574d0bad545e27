"""The language-neutral model of an SDK: what Kotlin and Swift both say, before either says it.

Language passes (`kotlin.py`, `swift.py`) map these nodes to finished names, types and literals; templates only lay
out. Nothing here imports torch or knows a language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from deploykit.sizes import DimSpec, sized
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
    shape: tuple[int | str, ...]
    """A size that is known at run time only has its name in `Sdk.dims`; an output's may be a term in such names, for
    example `(time - 1) // 2 + 1`. The engine tells an output's real shape, so terms are for comments
    only."""
    state: str | None = None
    """Of an input: the output that the next call is given here. Apps do not see it; the first call is given zeros."""

    @property
    def fixed(self) -> tuple[int, ...]:
        """Its sizes, where all are known.

        Raises:
            ValueError: if one is not.
        """
        return self.at({})

    def at(self, sizes: Mapping[str, int]) -> tuple[int, ...]:
        """An input's shape in numbers.

        Args:
            sizes: of the dimensions.

        Raises:
            ValueError: if one is not among them.
        """
        if names := [size for size in self.shape if isinstance(size, str) and size not in sizes]:
            raise ValueError(f"{self.tensor} has the size {names[0]}, which is known at run time only")
        return sized(self.shape, sizes)

    @property
    def open_axes(self) -> dict[int, str]:
        """The axes whose size is known at run time only, each with its name or term."""
        return {axis: size for axis, size in enumerate(self.shape) if isinstance(size, str)}


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
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Of every dimension of `Sdk.dims`, in these inputs."""


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
    dims: Mapping[str, DimSpec] = field(default_factory=dict)
    """Sizes that are known at run time only, in the contract's order, which is that of the names of a TFLite file's
    signatures. Only a task of tensors has some."""

    @property
    def default_sizes(self) -> dict[str, int]:
        """Of every dimension: those of a TFLite file's main signature, and of the zeros that warm a model up."""
        return {name: dim.size for name, dim in self.dims.items()}

    @property
    def picture(self) -> Picture | None:
        """The first input that is a picture."""
        return next((given for given in self.inputs if isinstance(given, Picture)), None)
