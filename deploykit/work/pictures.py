"""Which samples are shown in the report, and which travel with the SDKs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from deploykit.backends.base import Runner
from deploykit.errors import CaptureError
from deploykit.parity.inputs import Draws, kind_at, other_sizes
from deploykit.samples import Sample
from deploykit.spec import Contract, ImageInput
from deploykit.transforms import preprocess

SHOWN_SAMPLES = 8
SHOWN_SIDE = 192
"""Pictures in the report are shrunk to this side, in pixels: the report is one file."""

GOLDENS = 3
GOLDEN_SIDE = 320
"""Golden pictures are shrunk to this side, in pixels: they travel in every app."""
GOLDEN_VALUES = 4096
"""Of each output of a golden at most, evenly spread, but all scores of a classifier: an accelerator that is wrong is
wrong there, too, and the numbers travel in every app."""


@dataclass(frozen=True)
class ShownSample:
    """A sample for the report: its position among the draws of kind `samples`, and its picture."""

    draw: int
    name: str
    png: bytes


@dataclass(frozen=True)
class GoldenSample:
    """Inputs for the SDK, and PyTorch's outputs for them."""

    name: str
    inputs: dict[str, bytes]
    """A PNG for a picture, a tensor's numbers as they lie in memory for all else; states are left out."""
    outputs: dict[str, GoldenValues]
    sizes: dict[str, int]
    """Of every dimension whose size is known at run time only."""


@dataclass(frozen=True)
class GoldenValues:
    """Every `step`-th value of an output, in C order."""

    step: int
    values: tuple[float, ...]


def shown_samples(samples: tuple[Sample, ...], contract: Contract) -> tuple[ShownSample, ...]:
    """Pictures for the report, spread over the labels; for a detector as the artifact takes them, as its boxes do."""
    chosen = ((i, s) for i, s in _spread(samples, SHOWN_SAMPLES) if isinstance(s.value, Image.Image))
    boxes = any(spec.type == "boxes" for spec in contract.outputs.values())
    as_shown = ((i, _as_taken(s, contract) if boxes else s) for i, s in chosen)
    return tuple(ShownSample(i, s.name, shrunk(s, SHOWN_SIDE).png()) for i, s in as_shown)


def _as_taken(sample: Sample, contract: Contract) -> Sample:
    """What the artifact gets of a picture, as a picture."""
    ((name, spec),) = contract.inputs.items()
    pixels = sample.tensors(contract)[name][0].astype(np.uint8)
    colour = pixels[..., ::-1] if spec.type == "image" and spec.color == "bgr" else pixels
    return Sample(sample.name, Image.fromarray(colour[..., 0] if colour.shape[-1] == 1 else colour), sample.truth)


def shrunk(sample: Sample, side: int) -> Sample:
    """The sample upright and no larger than `side`; small ones stay as they are.

    Raises:
        CaptureError: if the sample is not a picture.
    """
    if not isinstance(sample.value, Image.Image):
        raise CaptureError(f"sample {sample.name} is not a picture; the task takes pictures")
    picture = ImageOps.exif_transpose(sample.value)
    picture.thumbnail((side, side))
    return Sample(sample.name, picture, sample.truth)


def golden_samples(samples: tuple[Sample, ...], inputs: Mapping[str, Draws], contract: Contract) -> tuple[Sample, ...]:
    """Samples where the project has some, else noise: an SDK never goes without.

    Where sizes are known at run time only, noise has the default ones, then the first and the last of the others that
    are tried: an accelerator may be right at one size and wrong at another.

    Args:
        samples: of the project.
        inputs: draws of random inputs, of kind `random` and at other sizes.
        contract: for labels and inputs.
    """
    if samples:
        return tuple(sample for _, sample in _spread(samples, GOLDENS))
    if [spec.type for spec in contract.inputs.values()] == ["image"]:
        noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        return (Sample("noise", Image.fromarray(noise)),)
    noises = {"noise": inputs["random"]}
    others = [kind_at(sizes) for sizes in other_sizes(contract)]
    noises |= {f"noise {kind}": inputs[kind] for kind in (*others[:1], *others[1:][-1:])}
    return tuple(Sample(name, tuple(values[0] for values in of.values())) for name, of in noises.items())


def golden(eager: Runner, sample: Sample, contract: Contract) -> GoldenSample:
    """PyTorch's outputs for a sample, pictures shrunk to travel.

    Args:
        eager: runs the model.
        sample: of `golden_samples`.
        contract: says which inputs are states: those are zero.

    Raises:
        SampleError: if the sample does not fit the contract.
    """
    given: dict[str, bytes] = {}
    tensors: dict[str, NDArray[Any]] = {}
    for name, values in sample.tensors(contract).items():
        spec = contract.inputs[name]
        if name in contract.states:
            tensors[name] = np.zeros_like(values)
        elif spec.type == "image":
            picture = sample.value if isinstance(sample.value, Image.Image) else _as_picture(values[0], spec)
            small = shrunk(Sample(sample.name, picture), GOLDEN_SIDE)
            given[name], tensors[name] = small.png(), preprocess(_picture(small), spec)
        else:
            given[name], tensors[name] = values.astype(values.dtype.newbyteorder("<")).tobytes(), values
    outputs = eager.run(tensors)
    expected = {name: _spread_values(outputs[name], spec.type == "scores") for name, spec in contract.outputs.items()}
    sizes = contract.sizes_of({name: values.shape for name, values in tensors.items()})
    return GoldenSample(Path(sample.name).stem, given, expected, sizes)


def _spread_values(output: NDArray[Any], whole: bool) -> GoldenValues:
    step = 1 if whole else math.ceil(output.size / GOLDEN_VALUES)
    return GoldenValues(step, tuple(float(value) for value in output.reshape(-1)[::step]))


def _as_picture(pixels: NDArray[Any], spec: ImageInput) -> Image.Image:
    """What an app would have where a sample is the artifact's input: height × width × channels, 0 … 255."""
    levels = pixels.clip(0, 255).round().astype(np.uint8)
    colored = levels[..., ::-1] if spec.color == "bgr" else levels
    return Image.fromarray(colored[..., 0] if spec.color == "gray" else colored)


def _picture(sample: Sample) -> Image.Image:
    assert isinstance(sample.value, Image.Image)  # `shrunk` gives nothing else
    return sample.value


def _spread(samples: tuple[Sample, ...], count: int) -> tuple[tuple[int, Sample], ...]:
    """The first sample of each label in turn, then the next ones, up to `count`, each with its place."""
    seen: dict[int | None, int] = {}
    ranked = []
    for index, sample in enumerate(samples):
        rank = seen.get(sample.label, 0)
        seen[sample.label] = rank + 1
        ranked.append((rank, index, sample))
    return tuple((index, s) for _, index, s in sorted(ranked, key=lambda r: r[:2])[:count])
