"""What differs between the tasks of a Kotlin SDK: its method, its runtime files and how outputs are read, as data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from deploykit.codegen import ir
from deploykit.codegen.kotlin_text import HARD_KEYWORDS, doc, literal
from deploykit.codegen.names import words
from deploykit.errors import CodegenError
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
    dims: str
    """The shape as further arguments."""
    array: str
    size: int
    shape_doc: str
    state: str = ""
    picture: KotlinPicture | None = None


def inputs(sdk: ir.Sdk) -> tuple[KotlinTensor, ...]:
    """All inputs, states too."""
    return tuple(_input(place, given) for place, given in enumerate(sdk.inputs))


def outputs(sdk: ir.Sdk) -> tuple[KotlinTensor, ...]:
    """All outputs, states too."""
    return tuple(_tensor(place, made) for place, made in enumerate(sdk.outputs))


def _input(place: int, given: ir.Input) -> KotlinTensor:
    if isinstance(given, ir.Tensor):
        return _tensor(place, given)
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
        shape=", ".join(map(str, tensor.shape)),
        dims="".join(f", {size}" for size in tensor.shape),
        array=ARRAYS[tensor.dtype],
        size=math.prod(tensor.shape),
        shape_doc=f"`{doc(tensor.tensor)}`: {tensor.dtype}, {' × '.join(map(str, tensor.shape)) or 'one number'}",
        state="" if tensor.state is None else literal(tensor.state),
        picture=picture,
    )


def identifier(name: str) -> str:
    """A property's name: `token_ids` → `tokenIds`; Kotlin's reserved words stand in backticks.

    >>> identifier("token_ids"), identifier("object"), identifier("class")
    ('tokenIds', '`object`', 'classValue')
    """
    first, *rest = words(name)
    camel = first[:1].lower() + first[1:] + "".join(word[:1].upper() + word[1:] for word in rest)
    if camel in TAKEN:
        return f"{camel}Value"
    return f"`{camel}`" if camel in HARD_KEYWORDS else camel


def check_names(tensors: tuple[KotlinTensor, ...], what: str, more: tuple[str, ...] = ()) -> None:
    """Looks whether names stay different in Kotlin.

    Raises:
        CodegenError: naming those that do not.
    """
    seen: dict[str, str] = dict.fromkeys(more, "a name of the SDK's own")
    clashes = []
    for tensor in tensors:
        if tensor.name in seen:
            clashes.append(f"{tensor.doc} and {seen[tensor.name]}")
        seen[tensor.name] = tensor.doc
    if clashes:
        raise CodegenError(f"{what} {', '.join(clashes)} would have one name in Kotlin; rename one in deploykit.toml")


def _boxes(sdk: ir.Sdk, answer: Any) -> dict[str, str]:
    names = [output.tensor for output in sdk.outputs]
    return {
        "name": doc(answer.tensor),
        "boxes": str(names.index(answer.tensor)),
        "scores": "null" if answer.scores is None else str(names.index(answer.scores)),
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


def what(sdk: ir.Sdk, ends: bool = True) -> str:
    """What the class does, in a sentence of a comment.

    Args:
        sdk: the SDK.
        ends: whether the first and the last label are named.
    """
    answer, labels = sdk.answer, f"{len(sdk.labels)} labels{_ends(sdk.labels) if ends else ''}"
    if isinstance(answer, ir.Scores):
        return f"Sorts pictures into {labels}."
    if isinstance(answer, ir.Boxes):
        return f"Finds in pictures what has one of {labels}."
    if isinstance(answer, ir.ClassMap):
        return f"Gives each pixel of a picture one of {labels}."
    if isinstance(answer, ir.NewPicture):
        return "Makes a picture of a picture."
    if isinstance(answer, ir.Vector):
        return f"Tells what pictures show as vectors of {answer.length} numbers, which can be compared."
    states = {given.tensor: given.state for given in sdk.inputs if isinstance(given, ir.Tensor) and given.state}
    takes = [doc(given.tensor) for given in sdk.inputs if given.tensor not in states]
    gives = [doc(made.tensor) for made in sdk.outputs if made.tensor not in states.values()]
    return f"Takes {', '.join(takes)} and gives {', '.join(gives)}."


def _ends(labels: tuple[str, ...]) -> str:
    return f", from “{doc(labels[0])}” to “{doc(labels[-1])}”" if labels else ""


def scale(sdk: ir.Sdk) -> str:
    """How large the new picture is, in words: `2 times as wide and high`, or `640 × 480 pixels`."""
    answer, picture = sdk.answer, sdk.picture
    if not isinstance(answer, ir.NewPicture) or picture is None:
        return ""
    (made,) = sdk.outputs
    high, wide = made.shape[2:4] if answer.layout == "NCHW" else made.shape[1:3]
    if answer.overlap is None:
        return f"{wide} × {high} pixels" + (" at most" if picture.crop == "letterbox" else "")
    factor = wide // picture.width
    return "of the same size" if factor == 1 else f"{factor} times as wide and high"
