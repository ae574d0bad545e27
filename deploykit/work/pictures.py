"""Which samples are shown in the report, and which travel with the SDKs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from deploykit.backends.base import Runner
from deploykit.errors import CaptureError
from deploykit.project import Project
from deploykit.samples import Sample
from deploykit.spec import Contract

SHOWN_SAMPLES = 8
SHOWN_SIDE = 192
"""Pictures in the report are shrunk to this side, in pixels: the report is one file."""

GOLDENS = 3
GOLDEN_SIDE = 320
"""Golden pictures are shrunk to this side, in pixels: they travel in every app."""


@dataclass(frozen=True)
class ShownSample:
    """A sample for the report: its position among the draws of kind `samples`, and its picture."""

    draw: int
    name: str
    png: bytes


@dataclass(frozen=True)
class GoldenSample:
    """A picture for the SDK, and PyTorch's scores for it."""

    name: str
    png: bytes
    scores: tuple[float, ...]


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


def golden_samples(samples: tuple[Sample, ...], project: Project) -> tuple[Sample, ...]:
    """Samples where the project has some, else one picture of seeded noise: an SDK never goes without."""
    if project.contract.task != "image-classification":
        return ()
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    return tuple(sample for _, sample in _spread(samples, GOLDENS)) or (Sample("noise", Image.fromarray(noise)),)


def golden(eager: Runner, sample: Sample, project: Project) -> GoldenSample:
    """PyTorch's scores for a sample, shrunk to travel.

    Raises:
        CaptureError: if the sample is not a picture.
    """
    small = shrunk(sample, GOLDEN_SIDE)
    (scores,) = eager.run(small.tensors(project.contract)).values()
    return GoldenSample(Path(sample.name).stem, small.png(), tuple(float(s) for s in scores[0]))


def _spread(samples: tuple[Sample, ...], count: int) -> tuple[tuple[int, Sample], ...]:
    """The first sample of each label in turn, then the next ones, up to `count`, each with its place."""
    seen: dict[int | None, int] = {}
    ranked = []
    for index, sample in enumerate(samples):
        rank = seen.get(sample.label, 0)
        seen[sample.label] = rank + 1
        ranked.append((rank, index, sample))
    return tuple((index, s) for _, index, s in sorted(ranked, key=lambda r: r[:2])[:count])
