"""What is right for a sample, as far as its project knows: by output, in the output's own numbers.

A sample's truth is given beside it. Where several outputs have one, a dict names them.

- `scores`: the label, or its name;
- `boxes`: a pair, boxes × 4 (left, top, right, bottom in the sample's own pixels) and their labels;
- `class-map`: a label for each pixel of the output;
- `picture`: the picture itself;
- `keypoints`: points × 2 in the sample's own pixels, of heat maps in the maps' own;
- `tokens`: their numbers.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from deploykit.outputs import BoxesOutput, ClassMapOutput, KeypointsOutput, OutputSpec, PictureOutput
from deploykit.spec import Contract
from deploykit.transforms import Placement

Truth = dict[str, tuple[NDArray[Any], ...]]
"""By output. Boxes have two arrays, all others one."""

WITH_TRUTH = ("scores", "boxes", "class-map", "picture", "keypoints", "tokens")
"""Types of outputs for which somebody can say what is right."""


def read_truth(given: object, contract: Contract, placement: Placement | None) -> Truth:
    """What a project says of a sample.

    Args:
        given: as it gave it; None where it does not know.
        contract: gives outputs and labels.
        placement: of the sample in the picture that the artifact takes; None where the sample is no picture, and
            boxes and points are those of the artifact's input already.

    Raises:
        ValueError: if it does not fit the contract; the message says what was expected.
    """
    if given is None:
        return {}
    known = [name for name, spec in contract.outputs.items() if spec.type in WITH_TRUTH]
    if not known and isinstance(given, Integral | str):
        return {}  # a data set's own label, of which no output speaks
    if not isinstance(given, Mapping):
        if len(known) != 1:
            kinds = ", ".join(f"{name} ({spec.type})" for name, spec in contract.outputs.items())
            raise ValueError(f"it has a truth, but of which output? The outputs are {kinds}; give a dict by output")
        given = {known[0]: given}
    if unknown := [str(name) for name in given if name not in known]:
        raise ValueError(f"no truth can be said of {', '.join(unknown)}; of these it can: {', '.join(known) or 'none'}")
    return {name: _of_output(name, contract.outputs[name], value, contract, placement) for name, value in given.items()}


def _of_output(
    name: str, spec: OutputSpec, value: Any, contract: Contract, placement: Placement | None
) -> tuple[NDArray[Any], ...]:
    if isinstance(spec, BoxesOutput):
        return _boxes(name, spec, value, contract, placement)
    if isinstance(spec, KeypointsOutput):
        points = _shaped(name, value, 2, "points × 2")
        return (_placed(points, placement) if spec.form == "points" else points,)
    if isinstance(spec, PictureOutput):
        return (_picture(spec, value),)
    if isinstance(spec, ClassMapOutput) or spec.type == "tokens":
        found = np.asarray(value)
        if found.dtype.kind not in "iu":
            raise ValueError(f"the truth of {name} is {found.dtype}; it takes whole numbers")
        return (found.astype(np.int64),)
    return (np.asarray(label_index(value, contract.labels)),)


def label_index(value: Any, labels: Sequence[str]) -> int:
    """The number of a label, given by name or number.

    Raises:
        ValueError: if there is no such label.
    """
    if isinstance(value, str):
        if value not in labels:
            raise ValueError(f"it has the label {value!r}, which the contract does not")
        return labels.index(value)
    try:
        index = operator.index(value)
    except TypeError:
        raise ValueError(f"its label is {value!r}; a label is a name or a number") from None
    if labels and not 0 <= index < len(labels):
        raise ValueError(f"it has the label {index}; there are {len(labels)}")
    return index


def label_of(truth: Truth) -> int | None:
    """The label that an image classifier should find, if that is known."""
    found = next((parts[0] for parts in truth.values() if len(parts) == 1 and parts[0].ndim == 0), None)
    return None if found is None else int(found)


def of_labels(labels: Sequence[int | None], contract: Contract) -> dict[int, Truth]:
    """The truth of each draw of which the label is known."""
    scores = [name for name, spec in contract.outputs.items() if spec.type == "scores"]
    return {
        draw: {name: (np.asarray(label),) for name in scores} for draw, label in enumerate(labels) if label is not None
    }


def _boxes(
    name: str, spec: BoxesOutput, value: Any, contract: Contract, placement: Placement | None
) -> tuple[NDArray[Any], ...]:
    if not (isinstance(value, tuple | list) and len(value) == 2):
        raise ValueError(f"the truth of {name} is a pair: boxes × 4 (left, top, right, bottom), and their labels")
    boxes = _shaped(name, value[0], 4, "boxes × 4")
    classes = np.array([label_index(label, contract.labels) for label in value[1]], np.int64)
    if len(boxes) != len(classes):
        raise ValueError(f"the truth of {name} has {len(boxes)} boxes and {len(classes)} labels")
    corners = _placed(boxes.reshape(-1, 2), placement)
    if spec.unit == "fractions" and placement is not None:
        corners = corners / np.array([placement.width, placement.height])
    return corners.reshape(-1, 4), classes


def _shaped(name: str, value: Any, width: int, words: str) -> NDArray[np.float64]:
    found = np.asarray(value, np.float64)
    found = found.reshape(-1, width) if found.size == 0 else found
    if found.ndim != 2 or found.shape[1] != width:
        raise ValueError(f"the truth of {name} is {found.shape}; it takes {words}")
    return found


def _placed(points: NDArray[np.float64], placement: Placement | None) -> NDArray[np.float64]:
    return points if placement is None else placement.of(points)


def _picture(spec: PictureOutput, value: Any) -> NDArray[Any]:
    """In the output's range and layout, without the batch."""
    if not isinstance(value, Image.Image):
        return np.asarray(value, np.float32)
    low, high = spec.range
    pixels = np.asarray(value, np.float32) / 255 * (high - low) + low
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    return pixels.transpose(2, 0, 1) if spec.layout == "NCHW" else pixels


def misfit(name: str, spec: OutputSpec, shape: Sequence[int], whole: bool, truth: tuple[NDArray[Any], ...]) -> str:
    """What is wrong with a truth beside the output that it is of; empty where nothing is.

    Args:
        name: of the output.
        spec: what it means.
        shape: of it.
        whole: whether it holds whole numbers.
        truth: of one sample.
    """
    wanted = {
        "class-map": lambda: math.prod(shape) // (1 if whole else shape[getattr(spec, "axis", 1)]),
        "picture": lambda: math.prod(shape),
        "keypoints": lambda: 2 * (shape[-3] if getattr(spec, "form", "") == "heatmaps" else math.prod(shape[:-1])),
        "tokens": lambda: math.prod(shape[:-1]),
    }.get(spec.type)
    if wanted is None or truth[0].size == wanted():
        return ""
    sizes = " × ".join(map(str, shape))
    return f"the truth of {name} has {truth[0].size:,} values; the output, {sizes}, takes {wanted():,}"


def save_truths(file: Path, truths: Mapping[str, Sequence[Truth]]) -> None:
    """Writes truths by kind of input, one for each draw."""
    arrays: dict[str, Any] = {
        f"{kind}/{draw}/{output}/{part}": value
        for kind, of in truths.items()
        for draw, truth in enumerate(of)
        for output, parts in truth.items()
        for part, value in enumerate(parts)
    }
    np.savez(file, **arrays)


def load_truths(file: Path) -> dict[str, dict[int, Truth]]:
    """Reads what `save_truths` wrote: kind → draw → truth, of the draws that have one."""
    found: dict[str, dict[int, Truth]] = {}
    with np.load(file, allow_pickle=False) as arrays:
        for key in arrays.files:  # in the order in which they were written: parts follow one another
            kind, draw, output, _ = key.rsplit("/", 3)
            truth = found.setdefault(kind, {}).setdefault(int(draw), {})
            truth[output] = (*truth.get(output, ()), arrays[key])
    return found
