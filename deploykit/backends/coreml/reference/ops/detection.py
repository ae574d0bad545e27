"""Selection of boxes."""

from __future__ import annotations

import torch

from deploykit.backends.coreml.reference.ops.arguments import Arguments
from deploykit.backends.coreml.reference.ops.limits import bounded


def non_maximum_suppression(a: Arguments) -> tuple[torch.Tensor, ...]:
    """Boxes by falling score without those that overlap a better one. [iOS15, iOS17.tensor_operation].

    A box's score is that of its best class. iOS 15: boxes [n, B, 4], scores [n, B, K], a score threshold, and a fourth
    output, the number of boxes. Since iOS 17: [n, 4, B] and [n, K, B], and neither of those two.
    """
    last = not a.has("score_threshold")
    boxes, scores = a.tensor("boxes"), a.tensor("scores")
    if last:
        boxes, scores = boxes.transpose(1, 2), scores.transpose(1, 2)
    most = a.integer("max_boxes")
    bounded(a.op, (*scores.shape[::2], most))
    out_boxes, out_scores = boxes.new_zeros(len(boxes), most, 4), scores.new_zeros(len(boxes), most, scores.shape[-1])
    indices = torch.full((len(boxes), most), -1, dtype=torch.int32)
    counts = torch.zeros(len(boxes), dtype=torch.int32)
    for item in range(len(boxes)):
        kept = _kept(a, boxes[item], scores[item])[:most]
        counts[item] = len(kept)
        out_boxes[item, : len(kept)] = boxes[item, kept]
        out_scores[item, : len(kept)] = scores[item, kept]
        indices[item, : len(kept)] = torch.tensor(kept, dtype=torch.int32)
    if last:
        return out_boxes.transpose(1, 2), out_scores.transpose(1, 2), indices
    return out_boxes, out_scores, indices, counts


def _kept(a: Arguments, boxes: torch.Tensor, scores: torch.Tensor) -> list[int]:
    """The indices of the boxes [B, 4] that survive, best first."""
    best, classes = scores.max(1)
    order = best.argsort(descending=True, stable=True)
    if a.has("score_threshold"):
        chosen = order[best[order] >= a.number("score_threshold")]
        # Core ML gives the best box where none is good enough; so says the op's own test in coremltools.
        order = chosen if len(chosen) else order[:1]
    within, limit, most = a.flag("per_class_suppression", False), a.number("iou_threshold"), a.integer("max_boxes")
    alive = torch.ones(len(boxes), dtype=torch.bool)
    kept: list[int] = []
    for index in order.tolist():
        if len(kept) == most:
            break
        if alive[index]:
            kept.append(index)
            beaten = _overlap(boxes[index], boxes) > limit
            alive &= ~(beaten & (classes == classes[index])) if within else ~beaten
    return kept


def _overlap(box: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    """Intersection over union of one box with each, all (centre x, centre y, width, height); nan for empty ones."""
    low = torch.maximum(box[:2] - box[2:] / 2, boxes[:, :2] - boxes[:, 2:] / 2)
    high = torch.minimum(box[:2] + box[2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2)
    common = (high - low).clamp_min(0).prod(1)
    return common / (box[2:].prod() + boxes[:, 2:].prod(1) - common)
