"""What differs between the tasks of a Kotlin SDK: its method, its runtime files and how outputs are read, as data."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from deploykit.codegen import ir, names, phrases
from deploykit.codegen.kotlin_text import HARD_KEYWORDS, doc, literal
from deploykit.errors import CodegenError
from deploykit.sizes import DimSpec
from deploykit.tasks import TaskName


@dataclass(frozen=True)
class KotlinTask:
    """One task."""

    file: str
    """Its templates in `library/tasks/` and `app/src/tasks/` begin with this."""
    sources: tuple[str, ...]
    """Files of the runtime that other tasks do not have."""
    result: str
    """The type that the sample app keeps of an answer."""
    imports: tuple[str, ...]
    """Of the library, in the sample app's view model."""
    app: str
    """What the sample app does, for the README."""


_PICK = "pick or take a picture, see"

TASKS: dict[TaskName, KotlinTask] = {
    "image-classification": KotlinTask(
        "classify",
        ("Classification.kt", "ScoredLabel.kt", "PictureFile.kt"),
        "Classification",
        ("Classification",),
        f"{_PICK} the labels",
    ),
    "object-detection": KotlinTask(
        "detect",
        ("Detection.kt", "ScoredLabel.kt", "PictureFile.kt"),
        "List<Detection>",
        ("Detection",),
        f"{_PICK} what is found in it",
    ),
    "segmentation": KotlinTask(
        "segment", ("Segmentation.kt", "PictureFile.kt"), "SegmentationMask", ("SegmentationMask",), f"{_PICK} its mask"
    ),
    "image-to-image": KotlinTask(
        "process", ("PictureMaking.kt", "PictureFile.kt"), "Bitmap", (), f"{_PICK} what is made of it"
    ),
    "embedding": KotlinTask(
        "embed",
        ("Embedding.kt", "PictureFile.kt"),
        "Likeness",
        ("Embedding",),
        f"{_PICK} how much alike two of them are",
    ),
    "tensors": KotlinTask("run", ("Tensors.kt",), "", (), "run the model on zeros, see what comes out"),
}

TYPES = {"float32": "Float32", "int32": "Int32", "bool": "Bool"}
KINDS = {"float32": "FloatTensor", "int32": "IntTensor", "bool": "BooleanTensor"}
ARRAYS = {"float32": "FloatArray", "int32": "IntArray", "bool": "BooleanArray"}

TAKEN = frozenset({"class"})
"""Properties of these names have getters that every class of Java has already: `getClass`."""


@dataclass(frozen=True)
class KotlinPicture:
    """How a picture becomes an input, in Kotlin's words."""

    width: int
    height: int
    channels: int
    color: str
    resize: str
    crop: str
    crop_fraction: str


@dataclass(frozen=True)
class KotlinTensor:
    """An input or output; `name` is an identifier, all else but `doc` and `shape_doc` is finished Kotlin."""

    place: int
    """Among all inputs, or among all outputs."""
    name: str
    literal: str
    doc: str
    type: str
    kind: str
    shape: str
    named_shape: str
    """Of an input: with names in place of open sizes, as an app would write it."""
    default_shape: str
    """Of an input: with every open size at its default."""
    array: str
    size: int
    """Of an input: how many numbers it has then."""
    shape_doc: str
    open: tuple[tuple[int, str], ...]
    """Of an input: the axes of its open sizes, each with its name as a literal."""
    state: str = ""
    picture: KotlinPicture | None = None


@dataclass(frozen=True)
class KotlinDim:
    """A size that is known at run time only, in Kotlin's words."""

    name: str
    literal: str
    doc: str
    default: int
    allowed: str
    """What it may be, as an object of Kotlin's library."""
    type: str


def inputs(sdk: ir.Sdk) -> tuple[KotlinTensor, ...]:
    """All inputs, states too."""
    return tuple(_input(place, given, sdk.default_sizes) for place, given in enumerate(sdk.inputs))


def outputs(sdk: ir.Sdk) -> tuple[KotlinTensor, ...]:
    """All outputs, states too."""
    return tuple(_tensor(place, made) for place, made in enumerate(sdk.outputs))


def dims(sdk: ir.Sdk) -> tuple[KotlinDim, ...]:
    """All sizes that are known at run time only."""
    return tuple(_dim(name, dim) for name, dim in sdk.dims.items())


def _dim(name: str, dim: DimSpec) -> KotlinDim:
    values = f"listOf({', '.join(map(str, sorted(dim.values)))})"
    steps = f"{dim.low}..{dim.high}" + (f" step {dim.multiple_of}" if dim.multiple_of > 1 else "")
    return KotlinDim(
        name=identifier(name),
        literal=literal(name),
        doc=str(dim),
        default=dim.size,
        allowed=values if dim.values else steps,
        type="List<Int>" if dim.values else "IntProgression" if dim.multiple_of > 1 else "IntRange",
    )


def _input(place: int, given: ir.Input, sizes: Mapping[str, int]) -> KotlinTensor:
    if isinstance(given, ir.Tensor):
        default = given.at(sizes)
        return dataclasses.replace(
            _tensor(place, given),
            named_shape=", ".join(identifier(size) if isinstance(size, str) else str(size) for size in given.shape),
            default_shape=", ".join(map(str, default)),
            size=math.prod(default),
            open=tuple((axis, literal(name)) for axis, name in given.open_axes.items()),
        )
    shape = (1, given.height, given.width, given.channels)
    picture = KotlinPicture(
        width=given.width,
        height=given.height,
        channels=given.channels,
        color=given.color.capitalize(),
        resize=given.resize.capitalize(),
        crop=given.crop.capitalize(),
        crop_fraction=repr(float(given.crop_fraction)),
    )
    return _tensor(place, ir.Tensor(given.tensor, "float32", shape), picture)


def _tensor(place: int, tensor: ir.Tensor, picture: KotlinPicture | None = None) -> KotlinTensor:
    if tensor.dtype not in TYPES:
        raise CodegenError(f"{tensor.tensor} is {tensor.dtype}; Kotlin's runtime has {', '.join(TYPES)}")
    return KotlinTensor(
        place=place,
        name=identifier(tensor.tensor),
        literal=literal(tensor.tensor),
        doc=doc(tensor.tensor),
        type=TYPES[tensor.dtype],
        kind=KINDS[tensor.dtype],
        shape=", ".join("OPEN" if isinstance(size, str) else str(size) for size in tensor.shape),
        named_shape="",
        default_shape="",
        array=ARRAYS[tensor.dtype],
        size=0,
        shape_doc=f"`{doc(tensor.tensor)}`: {phrases.shape(tensor)}",
        open=(),
        state="" if tensor.state is None else literal(tensor.state),
        picture=picture,
    )


def identifier(name: str) -> str:
    """A property's name: `token_ids` → `tokenIds`; Kotlin's reserved words stand in backticks.

    >>> identifier("token_ids"), identifier("object"), identifier("class")
    ('tokenIds', '`object`', 'classValue')
    """
    camel = names.camel(name)
    if camel in TAKEN:
        return f"{camel}Value"
    return f"`{camel}`" if camel in HARD_KEYWORDS else camel


def check_names(tensors: tuple[KotlinTensor, ...], what: str, more: tuple[str, ...] = ()) -> None:
    """Looks whether names stay different in Kotlin.

    Raises:
        CodegenError: naming those that do not.
    """
    names.check_different([(tensor.name, tensor.doc) for tensor in tensors], what, "Kotlin", more)


def _boxes(sdk: ir.Sdk, answer: Any) -> dict[str, str]:
    places = [output.tensor for output in sdk.outputs]
    return {
        "name": doc(answer.tensor),
        "boxes": str(places.index(answer.tensor)),
        "scores": "null" if answer.scores is None else str(places.index(answer.scores)),
        "corners": answer.corners.capitalize(),
        "are_fractions": str(answer.unit == "fractions").lower(),
        "overlap": f"{float(answer.overlap)!r}f",
    }


def _mask(sdk: ir.Sdk, answer: Any) -> dict[str, str]:
    return {"axis": "null" if answer.axis is None else str(answer.axis)}


def _picture(sdk: ir.Sdk, answer: Any) -> dict[str, str]:
    assert sdk.picture is not None  # the spec refuses such a task without one
    black, white = answer.range
    return {
        "black": f"{float(black)!r}f",
        "white": f"{float(white)!r}f",
        "layout": answer.layout.capitalize(),
        "color": sdk.picture.color.capitalize(),
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
    """How outputs become an answer, in Kotlin's words, as `library/tasks/*.reading.kt.jinja` names them.

    Empty where nothing has to be said about that.
    """
    made = READINGS.get(type(sdk.answer))
    return made(sdk, sdk.answer) if made else {}
