"""The contract: `deploykit.toml` as pydantic models.

A contract says what the model takes and gives in an app's terms. Core ML, LiteRT and ONNX interfaces and the
Kotlin and Swift code are all derived from it, so a preprocessing constant stands in one place. How the file is
read, and how its errors get their line numbers, is in `deploykit.project`; what has to fit between its tables is in
`deploykit.crosschecks`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from deploykit.outputs import OutputSpec
from deploykit.precisions import Precision
from deploykit.sizes import DimSpec, Shape, misfits
from deploykit.strict import NAME, RESERVED, Sparse, Strict, relative_path
from deploykit.tasks import TaskName, misfit

RangeMethod = Literal["min-max", "percentile", "entropy"]
DType = Literal["float32", "int32", "int64", "bool"]


class ModelSpec(Strict):
    """`[model]`: where the network comes from."""

    entry: str
    """`file.py:factory`, `package.module:factory`, `timm:NAME` or `torchvision:NAME`."""
    name: str | None = None
    version: str = "1.0"
    weights: str | None = None
    """A `.safetensors` file, or a checkpoint that `torch.load(weights_only=True)` accepts."""
    license: str | None = None
    alive: int | None = None
    """Seed with which an untrained network is given outputs with a spread (`deploykit.prepare.alive`)."""

    @field_validator("entry")
    @classmethod
    def _entry(cls, value: str) -> str:
        if ":" not in value:
            raise ValueError(
                f"{value!r} is not an entry; "
                "write path.py:factory, package.module:factory, timm:NAME or torchvision:NAME"
            )
        head = value.split(":", 1)[0]
        return relative_path(value) if head.endswith(".py") else value

    @field_validator("weights")
    @classmethod
    def _weights(cls, value: str | None) -> str | None:
        return relative_path(value) if value is not None else None


class TaskSpec(Strict):
    """`[task]`: what the app does with the model."""

    type: TaskName
    labels: tuple[str, ...] | str | None = None
    """The class names, or a text file with one name a line."""
    verb: Annotated[str, Field(pattern=r"^[a-z][A-Za-z0-9]*$")] | None = None
    """With `image-to-image`: what the method is called, for example `upscale` or `denoise`; else `process`."""
    overlap: Annotated[int, Field(ge=1)] | None = None
    """With `image-to-image`: pictures of any size go through in tiles of the input's size, and this many pixels at each
    of a tile's edges are there for its neighbours only. Where it is not given, a picture is resized as a whole."""

    @field_validator("labels")
    @classmethod
    def _labels(cls, value: tuple[str, ...] | str | None) -> tuple[str, ...] | str | None:
        return relative_path(value) if isinstance(value, str) else value


class ImageInput(Strict):
    """A picture. What an app gives is resized and cropped by the SDK; scale, mean and std run inside the artifact.

    The artifact takes pixels as they lie in memory: float32, 1 × height × width × channels, 0 … 255. Inside it, the
    network gets `(pixel * scale - mean) / std` in the `layout` that it was trained with.
    """

    type: Literal["image"]
    size: tuple[Annotated[int, Field(ge=1, le=8192)], Annotated[int, Field(ge=1, le=8192)]]
    """Height, width. Fixed: an app's picture is resized to it."""
    color: Literal["rgb", "bgr", "gray"] = "rgb"
    resize: Literal["bilinear", "bicubic", "nearest"] = "bilinear"
    """Pillow's filters: bilinear and bicubic are antialiased when they shrink."""
    crop: Literal["none", "center", "letterbox"] = "none"
    """`none` stretches to size; `center` fits the shorter side and cuts the middle; `letterbox` pads with black."""
    crop_fraction: Annotated[float, Field(gt=0, le=1)] = 1.0
    """With `center`: the share of the resized picture's side that is kept (timm's `crop_pct`)."""
    scale: Annotated[float, Field(gt=0)] = 1 / 255
    mean: tuple[float, ...] = (0.0,)
    std: tuple[Annotated[float, Field(gt=0)], ...] = (1.0,)
    layout: Literal["NCHW", "NHWC"] = "NCHW"

    @property
    def channels(self) -> int:
        """1 for gray, else 3."""
        return 1 if self.color == "gray" else 3

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the artifact's input: 1 × height × width × channels."""
        return (1, *self.size, self.channels)

    @property
    def network_shape(self) -> tuple[int, ...]:
        """Of the network's own input, in its layout."""
        h, w = self.size
        return (1, self.channels, h, w) if self.layout == "NCHW" else (1, h, w, self.channels)

    @property
    def dtype(self) -> DType:
        """Of the pixels that the artifact takes."""
        return "float32"

    @property
    def border_dtype(self) -> DType:
        """The same at the artifact's border."""
        return self.dtype

    @property
    def range(self) -> tuple[float, float]:
        """Of a pixel."""
        return (0.0, 255.0)

    @field_validator("size", mode="before")
    @classmethod
    def _fixed(cls, value: object) -> object:
        if not isinstance(value, list | tuple):
            return value
        if names := [size for size in value if isinstance(size, str)]:
            raise ValueError(
                f"{', '.join(map(repr, names))} is no number, and an image has one size, to which pictures are "
                'resized; for a size that is known at run time only take type = "tensor"'
            )
        return tuple(value)  # JSON's list is a tuple to a strict reader, but not once Python has seen it

    @model_validator(mode="after")
    def _per_channel(self) -> ImageInput:
        for name in ("mean", "std"):
            if len(getattr(self, name)) not in (1, self.channels):
                raise ValueError(
                    f"{name} has {len(getattr(self, name))} values; a {self.color} image takes 1 or {self.channels}"
                )
        return self


class TensorInput(Sparse):
    """A plain tensor, given by the app as it is."""

    SPARSE = ("state",)

    type: Literal["tensor"]
    shape: Shape
    dtype: DType = "float32"
    range: tuple[float, float] = (-1.0, 1.0)
    """Test inputs are drawn from it; for int dtypes the upper end is included."""
    state: str | None = None
    """The output that the next call is given here; the first call is given zeros."""

    @property
    def network_shape(self) -> Shape:
        """The same as at the artifact's border."""
        return self.shape

    @property
    def border_dtype(self) -> DType:
        """At the artifact's border int64 is int32: phones have no int64 inputs."""
        return "int32" if self.dtype == "int64" else self.dtype

    @model_validator(mode="after")
    def _ordered(self) -> TensorInput:
        if not self.range[0] < self.range[1]:
            raise ValueError(f"range {list(self.range)} is empty; the first value has to be the smaller one")
        return self

    @model_validator(mode="after")
    def _kept(self) -> TensorInput:
        names = [size for size in self.shape if isinstance(size, str)]
        if self.state is not None and names:
            raise ValueError(
                f"it is a state, and the size {names[0]!r} is known at run time only; give a state a fixed size, as "
                "large as it gets, and let another input say how much of it counts"
            )
        return self


InputSpec = Annotated[ImageInput | TensorInput, Field(discriminator="type")]


class BoundSpec(Strict):
    """The project's own bounds in place of the defaults, with their reason."""

    snr_db: float | None = None
    """Of floating point outputs."""
    agreement: Annotated[float, Field(ge=0, le=1)] | None = None
    """Share of equal answers: best labels, boxes, areas…"""
    reason: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _something(self) -> BoundSpec:
        if self.snr_db is None and self.agreement is None:
            raise ValueError("it has a reason, but no bound; give snr_db, agreement or both")
        return self


class ToleranceSpec(Strict):
    """`[tolerance.PRECISION]`: bounds for all targets, and `[tolerance.PRECISION.target.NAME]`: for one of them."""

    snr_db: float | None = None
    agreement: Annotated[float, Field(ge=0, le=1)] | None = None
    reason: Annotated[str, Field(min_length=1)] | None = None
    target: dict[str, BoundSpec] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _explained(self) -> ToleranceSpec:
        bound = self.snr_db is not None or self.agreement is not None
        if bound and self.reason is None:
            raise ValueError("a bound of the project's own needs a reason; the report prints it")
        if not bound and (self.reason is not None or not self.target):
            raise ValueError("it has no bound; give snr_db, agreement or both")
        return self

    def bound(self, target: str) -> BoundSpec | None:
        """What counts for a target: its own bounds, else those for all."""
        if target in self.target or self.reason is None:
            return self.target.get(target)
        return BoundSpec(snr_db=self.snr_db, agreement=self.agreement, reason=self.reason)


class BuildSpec(Strict):
    """`[build]`: what is made. Both lists are in the order of preference: an SDK ships the first that passed."""

    targets: tuple[str, ...] = ("android_litert", "android_tflite", "android_onnx", "ios_coreml", "ios_onnx")
    precisions: tuple[Precision, ...] = ("fp16", "fp32")
    samples: str | None = None
    """`file.py:factory` giving `(picture or arrays, truth or None)` pairs, or a folder of pictures."""

    @field_validator("samples")
    @classmethod
    def _samples(cls, value: str | None) -> str | None:
        return relative_path(value) if value is not None else None

    @field_validator("targets", "precisions")
    @classmethod
    def _some(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("the list is empty; leave the key out to get all")
        return tuple(dict.fromkeys(value))


class QuantizeSpec(Strict):
    """`[quantize]`: how a network's numbers get fewer bits."""

    samples: str | None = None
    """What ranges of activations are read from: as `[build] samples`, which are taken where this is not given."""
    count: Annotated[int, Field(ge=1, le=10_000)] = 64
    """How many of them, evenly spread over all."""
    ranges: RangeMethod = "min-max"
    """The least and the greatest value of a tensor; without the rarest ones; or what loses least information."""
    keep_float: Literal["none", "auto"] = "none"
    """`auto` leaves the layers that add most noise in floating point until the artifact is right."""
    fp16_islands: Literal["none", "auto"] = "none"
    """`auto` computes what fp16 cannot hold in float32, in the Core ML and ONNX files at fp16."""
    most_kept: Annotated[float, Field(gt=0, le=1)] = 0.25
    """With `auto`: the share of the layers that may stay float."""
    unreadable: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the pictures in a folder that may be unreadable: they are named and left out."""

    @field_validator("samples")
    @classmethod
    def _samples(cls, value: str | None) -> str | None:
        return relative_path(value) if value is not None else None


class SdkSpec(Strict):
    """`[sdk]`: how the generated code is called; every name has a default made from the model's name."""

    class_name: Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9]*$")] | None = None
    namespace: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$")] | None = None
    """Kotlin package and Android namespace, for example `com.example.digits`."""


class Contract(Sparse):
    """What travels with every artifact: task, labels, inputs, outputs. Read by codegen, never by a converter."""

    SPARSE = ("dims", "verb", "overlap")

    task: TaskName
    labels: tuple[str, ...] = ()
    inputs: dict[str, InputSpec]
    outputs: dict[str, OutputSpec]
    dims: dict[str, DimSpec] = Field(default_factory=dict)
    """Sizes that are known at run time only."""
    verb: str | None = None
    """What an app calls a picture's making of another, where the project says so."""
    overlap: int | None = None
    """Pixels of a tile's edge that are there for its neighbours only; None where pictures are taken as a whole."""

    @property
    def default_sizes(self) -> dict[str, int]:
        """Of every dimension."""
        return {name: dim.size for name, dim in self.dims.items()}

    @property
    def states(self) -> dict[str, str]:
        """Inputs that are states, each with the output that the next call is given there."""
        return {
            name: spec.state for name, spec in self.inputs.items() if spec.type == "tensor" and spec.state is not None
        }

    def sizes_of(self, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
        """The size of each dimension in inputs that fit, in the order of `dims`."""
        found = {
            size: given
            for name, spec in self.inputs.items()
            for size, given in zip(spec.shape, shapes[name], strict=True)
            if isinstance(size, str)
        }
        return {name: found[name] for name in self.dims}

    def misfits(self, shapes: Mapping[str, tuple[int, ...]]) -> list[str]:
        """What is wrong with the sizes of inputs; see `sizes.misfits`."""
        return misfits({name: spec.shape for name, spec in self.inputs.items()}, self.dims, shapes)


class Spec(Strict):
    """A whole `deploykit.toml`."""

    model: ModelSpec
    task: TaskSpec
    input: dict[str, InputSpec]
    output: dict[str, OutputSpec]
    dim: dict[str, DimSpec] = Field(default_factory=dict)
    build: BuildSpec = BuildSpec()
    quantize: QuantizeSpec = QuantizeSpec()
    sdk: SdkSpec = SdkSpec()
    tolerance: dict[Precision, ToleranceSpec] = Field(default_factory=dict)

    def bound(self, precision: Precision, target: str) -> BoundSpec | None:
        """The project's own bounds for an artifact, if it has some."""
        return self.tolerance[precision].bound(target) if precision in self.tolerance else None

    @field_validator("input", "output")
    @classmethod
    def _names(cls, value: dict[str, object]) -> dict[str, object]:
        if not value:
            raise ValueError("at least one is needed")
        for name in value:
            if not NAME.fullmatch(name):
                raise ValueError(f"{name!r} is not a name; use a letter, then letters, digits or _")
            if name in RESERVED:
                raise ValueError(f"{name!r} is a word of Core ML's own language; choose another name")
        return value

    @field_validator("dim")
    @classmethod
    def _dim_names(cls, value: dict[str, DimSpec]) -> dict[str, DimSpec]:
        if wrong := [name for name in value if not NAME.fullmatch(name)]:
            raise ValueError(f"{', '.join(map(repr, wrong))} is not a name; use a letter, then letters, digits or _")
        return value

    @model_validator(mode="after")
    def _task_fits(self) -> Spec:
        if both := sorted(set(self.input) & set(self.output)):
            raise ValueError(f"{', '.join(both)} is both an input and an output; give them different names")
        if problem := misfit(self.task.type, self.input, self.output, self.task.labels or ()):
            raise ValueError(problem)
        tiled = {"verb": self.task.verb, "overlap": self.task.overlap}
        if self.task.type != "image-to-image" and (
            keys := [name for name, value in tiled.items() if value is not None]
        ):
            raise ValueError(f'[task] {" and ".join(keys)}: only with type = "image-to-image"; leave it out')
        return self
