"""Boxes: from a network's rows to what an app would show, and how two such answers agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torchmetrics.detection import MeanAveragePrecision
from torchvision.ops import batched_nms, box_convert, box_iou

from deploykit.outputs import BoxesOutput
from deploykit.sightings import SeenBox, Sighting

SAME = 0.5
"""Intersection over union from which on two boxes are the same: PASCAL VOC's, and COCO's loosest."""

NEARLY = 0.9
"""Of the least score that an app shows: a box whose partner has as much is found again. What lies on the threshold
falls to either side by rounding."""

LEAST_SCORE = 0.01
"""From here on boxes are counted for mean average precision, which looks at every threshold."""

MOST = 100
"""Boxes of a picture at most, the best ones: COCO's largest number of detections."""


@dataclass(frozen=True)
class Found:
    """What was found in a picture, the best first: boxes × 4 (left, top, right, bottom), labels, scores."""

    boxes: torch.Tensor
    labels: torch.Tensor
    scores: torch.Tensor


def detect(rows: NDArray[Any], scores: NDArray[Any] | None, spec: BoxesOutput, labels: int) -> Found:
    """Non-maximum suppression, label by label.

    Args:
        rows: 1 × boxes × numbers, or 1 × numbers × boxes.
        scores: the same of the output that has the scores; None where they stand behind the boxes.
        spec: what the rows mean.
        labels: how many there are.
    """
    wide = torch.from_numpy(_rows(rows[0], 4 + (labels if scores is None else 0)).astype(np.float32))
    boxes = box_convert(wide[:, :4], spec.corners, "xyxy")
    of = wide[:, 4:] if scores is None else torch.from_numpy(_rows(scores[0], labels).astype(np.float32))
    index, label = torch.nonzero(of >= LEAST_SCORE, as_tuple=True)
    kept = batched_nms(boxes[index], of[index, label], label, spec.overlap)[:MOST]
    return Found(boxes[index[kept]], label[kept], of[index, label][kept])


def sightings(wanted: Found, got: Found, spec: BoxesOutput, size: tuple[int, int]) -> tuple[Sighting, Sighting]:
    """What an app would show of a picture, by PyTorch and by an artifact.

    Args:
        wanted: PyTorch's boxes.
        got: an artifact's.
        spec: from which score on a box is shown.
        size: width and height of the picture that the artifact takes.
    """
    same = agreement([wanted], [got], spec.min_score).get("box_agreement", 1.0) == 1.0
    return Sighting(by="PyTorch", boxes=_seen(wanted, spec, size)), Sighting(
        by="", boxes=_seen(got, spec, size), same=same
    )


def _seen(found: Found, spec: BoxesOutput, size: tuple[int, int]) -> tuple[SeenBox, ...]:
    width, height = size if spec.unit == "pixels" else (1, 1)
    shares = (found.boxes / torch.tensor([width, height, width, height])).tolist()
    return tuple(
        SeenBox(label=label, score=round(score, 4), box=tuple(round(value, 4) for value in box))
        for box, label, score in zip(shares, found.labels.tolist(), found.scores.tolist(), strict=True)
        if score >= spec.min_score
    )


def _rows(values: NDArray[Any], wide: int) -> NDArray[Any]:
    return values if values.shape[-1] == wide else values.T


def agreement(wanted: Sequence[Found], got: Sequence[Found], min_score: float) -> dict[str, float]:
    """How many of the boxes that either shows the other one found, too, and how well those lie on one another.

    A box and its partner have the same label and overlap by `SAME` at least; partners are chosen so that all overlap
    most (Hungarian method).

    Args:
        wanted: PyTorch's boxes, by picture.
        got: an artifact's.
        min_score: from which on a box is shown.

    Returns:
        `box_agreement` (Dice coefficient, 0 to 1) and `box_iou`, the mean of the pairs; nothing where neither shows
        any box.
    """
    pairs = [_paired(a, b, min_score) for a, b in zip(wanted, got, strict=True)]
    shown, found = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
    overlaps = [value for pair in pairs for value in pair[2]]
    if not shown:
        return {}
    return {"box_agreement": found / shown} | ({"box_iou": float(np.mean(overlaps))} if overlaps else {})


def _paired(a: Found, b: Found, min_score: float) -> tuple[int, int, list[float]]:
    """Boxes shown, those of them with a partner, and the overlap of each pair of which one is shown."""
    from scipy.optimize import linear_sum_assignment

    overlap = box_iou(a.boxes, b.boxes)
    overlap[a.labels[:, None] != b.labels[None, :]] = 0
    near = min_score * NEARLY
    overlap[a.scores < near] = 0
    overlap[:, b.scores < near] = 0
    rows, partners = linear_sum_assignment(overlap.numpy(), maximize=True)
    shown = int((a.scores >= min_score).sum() + (b.scores >= min_score).sum())
    found, overlaps = 0, []
    for i, j in zip(rows, partners, strict=True):
        both = int(a.scores[i] >= min_score) + int(b.scores[j] >= min_score)
        if both and overlap[i, j] >= SAME:
            found += both
            overlaps.append(float(overlap[i, j]))
    return shown, found, overlaps


def precision(found: Sequence[Found], truths: Sequence[tuple[NDArray[Any], ...]]) -> dict[str, float]:
    """COCO's mean average precision, over intersections over union of 0.5 to 0.95, and at 0.5.

    Args:
        found: by picture.
        truths: of the same pictures: boxes and labels.
    """
    metric = MeanAveragePrecision(box_format="xyxy", iou_type="bbox")
    metric.update(
        [{"boxes": each.boxes, "labels": each.labels, "scores": each.scores} for each in found],
        [
            {"boxes": torch.from_numpy(boxes).float().reshape(-1, 4), "labels": torch.from_numpy(classes)}
            for boxes, classes in truths
        ],
    )
    values = metric.compute()
    return {"map": float(values["map"]), "map50": float(values["map_50"])}
