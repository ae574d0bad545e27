"""What an SDK does, in words that Kotlin's and Swift's comments share."""

from __future__ import annotations

from collections.abc import Callable

from deploykit.codegen import ir


def what(sdk: ir.Sdk, doc: Callable[[str], str], ends: bool = True) -> str:
    """What the class does, in a sentence of a comment.

    Args:
        sdk: the SDK.
        doc: makes names of the user's fit for a comment of the language.
        ends: whether the first and the last label are named.
    """
    answer = sdk.answer
    labels = f"{len(sdk.labels)} labels{_ends(sdk.labels, doc) if ends else ''}"
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


def _ends(labels: tuple[str, ...], doc: Callable[[str], str]) -> str:
    return f", from “{doc(labels[0])}” to “{doc(labels[-1])}”" if labels else ""


def scale(sdk: ir.Sdk) -> str:
    """How large the new picture is, in words: `2 times as wide and high`, or `640 × 480 pixels`."""
    answer, picture = sdk.answer, sdk.picture
    if not isinstance(answer, ir.NewPicture) or picture is None:
        return ""
    (made,) = sdk.outputs
    high, wide = made.fixed[2:4] if answer.layout == "NCHW" else made.fixed[1:3]
    if answer.overlap is None:
        return f"{wide} × {high} pixels" + (" at most" if picture.crop == "letterbox" else "")
    factor = wide // picture.width
    return "of the same size" if factor == 1 else f"{factor} times as wide and high"


def shape(tensor: ir.Tensor) -> str:
    """Type and sizes of a tensor: `float32, 1 × 8`, `float32, 1 × time × 8`."""
    sizes = [
        f"({size})" if not str(size).isidentifier() and isinstance(size, str) else str(size) for size in tensor.shape
    ]
    return f"{tensor.dtype}, {' × '.join(sizes) or 'one number'}"
