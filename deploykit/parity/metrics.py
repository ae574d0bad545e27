"""A task's own figures, on samples: of an artifact beside PyTorch, and of both beside the truth where it is known.

Which figures an output has is decided by what it means (`deploykit.outputs`). What they are called and how they are
told is in `deploykit.figures`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from deploykit.figures import REFERENCE, worst
from deploykit.outputs import OutputSpec
from deploykit.parity.inputs import Draws
from deploykit.sightings import Sighting
from deploykit.truths import Truth

if TYPE_CHECKING:
    from deploykit.parity.boxes import Found

Figures = dict[str, float]

MANY = 10
"""More labels than this, and the five best say something."""

PSNR_CAP_DB = 100.0
"""What equal pictures are given in place of infinity."""

NEAR = 0.05
"""Of the diagonal of the box around all points: PCK's usual share of a size, as in Yang & Ramanan, Articulated Human
Detection with Flexible Mixtures of Parts, 2013."""

UNLABELLED = 255
"""In true class maps: pixels that do not count, as in PASCAL VOC and Cityscapes."""


@dataclass(frozen=True)
class Answers:
    """What was given on some samples.

    Attributes:
        name: of the output that is looked at.
        outputs: what each output means.
        labels: how many there are.
        draws: all outputs: draws × shape.
    """

    name: str
    outputs: Mapping[str, OutputSpec]
    labels: int
    draws: Draws

    @property
    def spec(self) -> Any:
        """What the output means; each function below knows its own kind."""
        return self.outputs[self.name]

    @property
    def values(self) -> NDArray[Any]:
        """Draws × shape of the output."""
        return self.draws[self.name]


def task_figures(
    outputs: Mapping[str, OutputSpec], labels: int, reference: Draws, made: Draws, truths: Mapping[int, Truth]
) -> Figures:
    """All figures of a task.

    Args:
        outputs: what each output means.
        labels: how many the contract has.
        reference: PyTorch's outputs: draws × shape, by name.
        made: an artifact's.
        truths: of the draws whose truth is known.

    Returns:
        By name, as in `FIGURES`. Where several outputs have a figure, the worst counts. None where the shapes differ:
        that is told elsewhere.
    """
    if {name: v.shape for name, v in made.items()} != {name: v.shape for name, v in reference.items()}:
        return {}
    found: dict[str, list[float]] = {}
    for name, spec in outputs.items():
        if spec.type not in TASKS:
            continue
        beside, right = TASKS[spec.type]
        figures = beside(Answers(name, outputs, labels, made), Answers(name, outputs, labels, reference))
        known = sorted(draw for draw, truth in truths.items() if name in truth)
        if right is not None and known:
            of_known = [truths[draw][name] for draw in known]
            for prefix, draws in (("", made), (REFERENCE, reference)):
                some = {key: values[known] for key, values in draws.items()}
                told = right(Answers(name, outputs, labels, some), of_known)
                figures |= {f"{prefix}{figure}": value for figure, value in told.items()}
        for figure, value in figures.items():
            found.setdefault(figure, []).append(value)
    return {name: worst(name, values) for name, values in found.items()}


def sightings(
    outputs: Mapping[str, OutputSpec], labels: int, reference: Draws, made: Draws, size: tuple[int, int]
) -> list[tuple[Sighting, Sighting]]:
    """What PyTorch and an artifact see in each picture; nothing of a network that gives no boxes.

    Args:
        outputs: what each output means; of several with boxes the first is shown.
        labels: how many the contract has.
        reference: PyTorch's outputs: draws × shape, by name.
        made: an artifact's.
        size: width and height of the picture that the artifact takes.
    """
    found = [(name, spec) for name, spec in outputs.items() if spec.type == "boxes"]
    if not found:
        return []
    from deploykit.parity import boxes

    name, spec = found[0]
    wanted, got = (boxes_of(Answers(name, outputs, labels, draws)) for draws in (reference, made))
    return [boxes.sightings(a, b, spec, size) for a, b in zip(wanted, got, strict=True)]


Parts = Sequence[tuple[NDArray[Any], ...]]
"""A truth of one output for each draw."""


def _scores_beside(made: Answers, reference: Answers) -> Figures:
    return _top(made, reference.values.reshape(len(reference.values), -1).argmax(-1), "agreement")


def _scores_right(made: Answers, truths: Parts) -> Figures:
    return _top(made, np.array([int(label) for (label,) in truths]), "accuracy")


def _top(made: Answers, wanted: NDArray[Any], kind: str) -> Figures:
    scores = made.values.reshape(len(made.values), -1)
    figures = {f"top1_{kind}": float((scores.argmax(-1) == wanted).mean())}
    if scores.shape[-1] > MANY:
        five = np.argsort(-scores, axis=-1, kind="stable")[:, :5]
        figures[f"top5_{kind}"] = float((five == wanted[:, None]).any(-1).mean())
    return figures


def _boxes_beside(made: Answers, reference: Answers) -> Figures:
    from deploykit.parity import boxes

    return boxes.agreement(boxes_of(reference), boxes_of(made), made.spec.min_score)


def _boxes_right(made: Answers, truths: Parts) -> Figures:
    from deploykit.parity import boxes

    return boxes.precision(boxes_of(made), truths)


def boxes_of(of: Answers) -> list[Found]:
    """The boxes of every draw, after non-maximum suppression."""
    from deploykit.parity import boxes

    scores = of.draws[of.spec.scores] if of.spec.scores else [None] * len(of.values)
    return [boxes.detect(rows, own, of.spec, of.labels) for rows, own in zip(of.values, scores, strict=True)]


def _class_map_beside(made: Answers, reference: Answers) -> Figures:
    return {"miou_agreement": _miou(_classes(made), _classes(reference), _class_count(made, reference))}


def _class_map_right(made: Answers, truths: Parts) -> Figures:
    wanted = np.stack([classes for (classes,) in truths])
    found = _classes(made)
    return {"miou": _miou(found, wanted.reshape(found.shape), _class_count(made, made), UNLABELLED)}


def _classes(of: Answers) -> NDArray[np.int64]:
    """Draws × pixels."""
    values = of.values.argmax(of.spec.axis + (of.spec.axis >= 0)) if of.values.dtype.kind == "f" else of.values
    return values.reshape(len(values), -1).astype(np.int64)


def _class_count(*answers: Answers) -> int:
    first = answers[0]
    if first.values.dtype.kind == "f":
        return int(first.values.shape[first.spec.axis + (first.spec.axis >= 0)])
    return max(first.labels, *(int(each.values.max(initial=0)) + 1 for each in answers))


def _miou(found: NDArray[np.int64], wanted: NDArray[np.int64], count: int, without: int | None = None) -> float:
    import torch
    from torchmetrics.functional.classification import multiclass_jaccard_index

    a, b = torch.from_numpy(found), torch.from_numpy(wanted)
    return float(multiclass_jaccard_index(a, b, num_classes=count, average="macro", ignore_index=without))


def _picture_beside(made: Answers, reference: Answers) -> Figures:
    psnr, ssim = _alike(made, reference.values)
    return {"psnr_agreement": psnr, "ssim_agreement": ssim}


def _picture_right(made: Answers, truths: Parts) -> Figures:
    psnr, ssim = _alike(made, np.stack([picture for (picture,) in truths]))
    return {"psnr": psnr, "ssim": ssim}


def _alike(made: Answers, wanted: NDArray[Any]) -> tuple[float, float]:
    """Means over the pictures of PSNR in dB and of SSIM."""
    import torch
    from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure

    shape = (len(made.values), *made.values.shape[-3:])
    pairs = [torch.from_numpy(values.reshape(shape).astype(np.float32)) for values in (made.values, wanted)]
    if made.spec.layout == "NHWC":
        pairs = [pixels.permute(0, 3, 1, 2) for pixels in pairs]
    low, high = made.spec.range
    a, b = (pixels.clamp(low, high) for pixels in pairs)
    psnr = peak_signal_noise_ratio(a, b, data_range=high - low, reduction="none", dim=(1, 2, 3))
    ssim = torch.as_tensor(structural_similarity_index_measure(a, b, data_range=high - low))
    return float(psnr.clamp(max=PSNR_CAP_DB).mean()), float(ssim)


def _keypoints_beside(made: Answers, reference: Answers) -> Figures:
    distance, share = _distances(_points(made), _points(reference))
    return {"keypoint_agreement": share, "keypoint_distance": distance}


def _keypoints_right(made: Answers, truths: Parts) -> Figures:
    found = _points(made)
    distance, share = _distances(found, np.stack([points for (points,) in truths]).reshape(found.shape))
    return {"keypoint_accuracy": share, "keypoint_error": distance}


def _points(of: Answers) -> NDArray[np.float64]:
    """Draws × points × 2 (x, y)."""
    values = of.values.astype(np.float64)
    if of.spec.form == "heatmaps":
        height, width = values.shape[-2:]
        peaks = values.reshape(len(values), -1, height * width).argmax(-1)
        return np.stack([peaks % width, peaks // width], -1).astype(np.float64)
    return values.reshape(len(values), -1, values.shape[-1])[..., :2]


def _distances(found: NDArray[np.float64], wanted: NDArray[np.float64]) -> tuple[float, float]:
    """The mean distance, and the share of points within `NEAR` of the size of their pose."""
    apart = np.linalg.norm(found - wanted, axis=-1)
    size = np.linalg.norm(np.ptp(wanted, axis=1), axis=-1, keepdims=True)
    return float(apart.mean()), float((apart <= NEAR * size).mean())


def _embedding_beside(made: Answers, reference: Answers) -> Figures:
    import torch

    a, b = (torch.from_numpy(each.values.astype(np.float64)) for each in (made, reference))
    return {"cosine": float(torch.nn.functional.cosine_similarity(a, b, dim=-1).mean())}


def _tokens_beside(made: Answers, reference: Answers) -> Figures:
    return {"token_agreement": float((made.values.argmax(-1) == reference.values.argmax(-1)).mean())}


def _tokens_right(made: Answers, truths: Parts) -> Figures:
    found = made.values.argmax(-1)
    wanted = np.stack([tokens for (tokens,) in truths]).reshape(found.shape)
    return {"token_accuracy": float((found == wanted).mean())}


TASKS: dict[str, tuple[Callable[[Answers, Answers], Figures], Callable[[Answers, Parts], Figures] | None]] = {
    "scores": (_scores_beside, _scores_right),
    "boxes": (_boxes_beside, _boxes_right),
    "class-map": (_class_map_beside, _class_map_right),
    "picture": (_picture_beside, _picture_right),
    "keypoints": (_keypoints_beside, _keypoints_right),
    "embedding": (_embedding_beside, None),
    "tokens": (_tokens_beside, _tokens_right),
}
"""Type of an output → its figures beside PyTorch, and beside the truth, if anybody can say that."""
