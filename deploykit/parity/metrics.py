"""A task's own figures."""

from __future__ import annotations

from collections.abc import Sequence

from deploykit.parity.inputs import Draws
from deploykit.spec import Contract


def task_metric(contract: Contract, reference: Draws, outputs: Draws, labels: Sequence[int | None]) -> dict[str, float]:
    """Classification: share of draws with PyTorch's best label, and accuracy of both where labels are known.

    Args:
        contract: gives the task.
        reference: draws × 1 × labels.
        outputs: the same.
        labels: the true label of each draw; empty for inputs that have none.
    """
    if contract.task != "image-classification":
        return {}
    (name,) = contract.outputs
    wanted, got = reference[name][:, 0].argmax(-1), outputs[name][:, 0].argmax(-1)
    metric = {"top1_agreement": float((wanted == got).mean())}
    known = [(i, label) for i, label in enumerate(labels) if label is not None]
    if known:
        metric["top1_accuracy"] = sum(int(got[i]) == label for i, label in known) / len(known)
        metric["reference_top1_accuracy"] = sum(int(wanted[i]) == label for i, label in known) / len(known)
    return metric
