"""What differs between the tasks of a Swift SDK: its method, its runtime files and how outputs are read, as data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from deploykit.codegen import ir, names, phrases
from deploykit.codegen.swift_text import RESERVED, literal, plain
from deploykit.errors import CodegenError
from deploykit.sizes import DimSpec
from deploykit.tasks import TaskName


@dataclass(frozen=True)
class SwiftTask:
    """One task."""

    file: str
    """Its templates in `tasks/`, `readme/`, `tests/tasks/` and `app/tasks/` begin with this."""
    sources: tuple[str, ...]
    """Files of the runtime that other tasks need not have."""
    result: str
    """The type that the sample app keeps of an answer."""
    types: tuple[str, ...]
    """Public types of the task, for the documentation."""


TASKS: dict[TaskName, SwiftTask] = {
    "image-classification": SwiftTask(
        "classify",
        ("Classification.swift", "ScoredLabel.swift"),
        "Classification",
        ("Classification", "ScoredLabel"),
    ),
    "object-detection": SwiftTask(
        "detect",
        ("Detection.swift", "ScoredLabel.swift"),
        "[Detection]",
        ("Detection", "Box", "ScoredLabel"),
    ),
    "segmentation": SwiftTask(
        "segment",
        ("Segmentation.swift", "SegmentationMask+CGImage.swift", "CGImage+Bytes.swift"),
        "SegmentationMask",
        ("SegmentationMask",),
    ),
    "image-to-image": SwiftTask("process", ("PictureMaking.swift", "CGImage+Bytes.swift"), "UIImage", ()),
    "embedding": SwiftTask("embed", ("Embedding.swift",), "Likeness", ("Embedding", "EmbeddingIndex")),
    "tensors": SwiftTask("run", ("Tensors.swift",), "", ("FloatTensor", "IntTensor", "BoolTensor")),
}

KINDS = {"float32": "FloatTensor", "int32": "IntTensor", "bool": "BoolTensor"}

ZEROS = {"float32": "0", "int32": "0", "bool": "false"}

WITHOUT_BOOL = ("onnxruntime",)
"""Engines whose packages for Swift have no such element type: ONNX Runtime's has none in `ORTTensorElementDataType`
(github.com/microsoft/onnxruntime, objectivec/include/ort_enums.h)."""

TAKEN = frozenset({"self", "init", "hashValue"})
"""Properties that cannot have these names even in backticks, or that each hashable type has already."""


@dataclass(frozen=True)
class SwiftPicture:
    """How a picture becomes an input, in Swift's words."""

    width: int
    height: int
    channels: int
    color: str
    resize: str
    crop: str


@dataclass(frozen=True)
class SwiftTensor:
    """An input or output; `name` is an identifier, all else but `doc` is finished Swift."""

    place: int
    """Among all inputs, or among all outputs."""
    name: str
    label: str
    """The same before a colon in a call, where reserved words stand without backticks."""
    literal: str
    doc: str
    type: str
    kind: str
    shape: str
    """With -1 for what is known at run time only."""
    named_shape: str
    """With names there, as an app would write it."""
    usual_shape: str
    """Of an input with the default sizes there; of an output with what the tests' stand-ins give."""
    zero: str
    size: int
    """How many numbers the usual shape has."""
    open: str = ""
    """Of an input: the names of open sizes, by axis."""
    state: str = ""
    picture: SwiftPicture | None = None


@dataclass(frozen=True)
class SwiftDim:
    """A size that is known at run time only, in Swift's words."""

    name: str
    literal: str
    doc: str
    told: str
    usual: int
    allowed: str
    """What it may be, as a sequence of Swift's library."""
    type: str


STAND_IN_SIZE = 2
"""What the stand-ins of a package's tests make of an open size of an output."""


def inputs(sdk: ir.Sdk) -> tuple[SwiftTensor, ...]:
    """All inputs, states too."""
    return tuple(_input(sdk, place, given) for place, given in enumerate(sdk.inputs))


def outputs(sdk: ir.Sdk) -> tuple[SwiftTensor, ...]:
    """All outputs, states too."""
    return tuple(_tensor(sdk, place, made) for place, made in enumerate(sdk.outputs))


def dims(sdk: ir.Sdk) -> tuple[SwiftDim, ...]:
    """All sizes that are known at run time only."""
    return tuple(_dim(name, dim) for name, dim in sdk.dims.items())


def _dim(name: str, dim: DimSpec) -> SwiftDim:
    steps = f"stride(from: {dim.low}, through: {dim.high}, by: {dim.multiple_of})"
    allowed = steps if dim.multiple_of > 1 else f"{dim.low}...{dim.high}"
    return SwiftDim(
        name=identifier(name),
        literal=literal(name),
        doc=str(dim),
        told=literal(str(dim)),
        usual=dim.size,
        allowed=f"[{', '.join(map(str, sorted(dim.values)))}]" if dim.values else allowed,
        type="[Int]" if dim.values else "StrideThrough<Int>" if dim.multiple_of > 1 else "ClosedRange<Int>",
    )


def _input(sdk: ir.Sdk, place: int, given: ir.Input) -> SwiftTensor:
    if isinstance(given, ir.Tensor):
        usual = given.at(sdk.default_sizes)
        return replace(
            _tensor(sdk, place, given),
            usual_shape=_list(usual),
            size=math.prod(usual),
            open=f"[{', '.join(f'{axis}: {literal(name)}' for axis, name in given.open_axes.items())}]"
            if given.open_axes
            else "",
        )
    picture = SwiftPicture(
        width=given.width,
        height=given.height,
        channels=given.channels,
        color=f".{given.color}",
        resize=f".{given.resize}",
        crop=f".center(fraction: {given.crop_fraction!r})" if given.crop == "center" else f".{given.crop}",
    )
    return _tensor(
        sdk, place, ir.Tensor(given.tensor, "float32", (1, given.height, given.width, given.channels)), picture
    )


def _tensor(sdk: ir.Sdk, place: int, tensor: ir.Tensor, picture: SwiftPicture | None = None) -> SwiftTensor:
    if tensor.dtype not in KINDS:
        raise CodegenError(f"{tensor.tensor} is {tensor.dtype}; Swift's runtime has {', '.join(KINDS)}")
    if tensor.dtype == "bool" and sdk.runtime.engine in WITHOUT_BOOL:
        raise CodegenError(
            f"{tensor.tensor} is bool, which {sdk.runtime.engine}'s package for Swift does not have; "
            'make it dtype = "int32" in the model and in deploykit.toml, or take a target of Core ML'
        )
    closed = [STAND_IN_SIZE if isinstance(size, str) else size for size in tensor.shape]
    return SwiftTensor(
        place=place,
        name=identifier(tensor.tensor),
        label=identifier(tensor.tensor).strip("`"),
        literal=literal(tensor.tensor),
        doc=f"`{plain(tensor.tensor)}`: {phrases.shape(tensor)}",
        type=f".{tensor.dtype}",
        kind=KINDS[tensor.dtype],
        shape=_list(-1 if isinstance(size, str) else size for size in tensor.shape),
        named_shape=_list(identifier(size) if isinstance(size, str) else size for size in tensor.shape),
        usual_shape=_list(closed),
        zero=ZEROS[tensor.dtype],
        size=math.prod(closed),
        state="" if tensor.state is None else literal(tensor.state),
        picture=picture,
    )


def _list(sizes: Iterable[int | str]) -> str:
    return f"[{', '.join(map(str, sizes))}]"


def identifier(name: str) -> str:
    """A property's or method's name: `token_ids` → `tokenIds`; Swift's reserved words stand in backticks.

    >>> identifier("token_ids"), identifier("in"), identifier("self")
    ('tokenIds', '`in`', 'selfValue')
    """
    camel = names.camel(name)
    if camel in TAKEN:
        return f"{camel}Value"
    return f"`{camel}`" if camel in RESERVED else camel


def check_names(sdk: ir.Sdk, orientation: str) -> None:
    """Looks whether inputs and outputs of a model of tensors stay different in Swift.

    Raises:
        CodegenError: naming those that do not.
    """
    more = (orientation,) if sdk.picture else ()
    names.check_different([(identifier(i.tensor), plain(i.tensor)) for i in sdk.inputs], "the inputs", "Swift", more)
    names.check_different([(identifier(o.tensor), plain(o.tensor)) for o in sdk.outputs], "the outputs", "Swift")
    names.check_different([(identifier(name), plain(name)) for name in sdk.dims], "the sizes", "Swift")


def _boxes(sdk: ir.Sdk, answer: Any) -> dict[str, str]:
    places = [output.tensor for output in sdk.outputs]
    return {
        "name": plain(answer.tensor),
        "boxes": str(places.index(answer.tensor)),
        "scores": "nil" if answer.scores is None else str(places.index(answer.scores)),
        "corners": f".{answer.corners}",
        "are_fractions": str(answer.unit == "fractions").lower(),
        "overlap": repr(float(answer.overlap)),
    }


def _mask(sdk: ir.Sdk, answer: Any) -> dict[str, str]:
    return {"axis": "nil" if answer.axis is None else str(answer.axis)}


def _picture(sdk: ir.Sdk, answer: Any) -> dict[str, str]:
    assert sdk.picture is not None  # the spec refuses such a task without one
    black, white = answer.range
    return {
        "black": repr(float(black)),
        "white": repr(float(white)),
        "layout": f".{answer.layout.lower()}",
        "color": f".{sdk.picture.color}",
        "tile_width": str(sdk.picture.width),
        "tile_height": str(sdk.picture.height),
        "tile_overlap": str(answer.overlap),
    }


READINGS: dict[type[Any], Callable[[ir.Sdk, Any], dict[str, str]]] = {
    ir.Boxes: _boxes,
    ir.ClassMap: _mask,
    ir.NewPicture: _picture,
}


def reading(sdk: ir.Sdk) -> Mapping[str, str]:
    """How outputs become an answer, in Swift's words, as `tasks/*.reading.swift.jinja` names them.

    Empty where nothing has to be said about that.
    """
    made = READINGS.get(type(sdk.answer))
    return made(sdk, sdk.answer) if made else {}
