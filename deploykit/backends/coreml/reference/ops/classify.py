"""The last op of a classifier."""

from __future__ import annotations

import torch

from deploykit.backends.coreml.reference.ops.arguments import Arguments
from deploykit.backends.coreml.reference.values import Value
from deploykit.errors import ArtifactError


def classify(a: Arguments) -> tuple[Value, ...]:
    """The class (text or int64) of the largest probability, and each class's probability. [iOS15.classify]."""
    probabilities = [float(value) for value in a.tensor("probabilities").reshape(-1).tolist()]
    texts = a.texts("classes")
    classes: list[str | int] = list(texts) if texts is not None else list(a.integers("classes"))
    if not classes or len(classes) != len(probabilities):
        raise ArtifactError(f"classify: {len(classes)} classes for {len(probabilities)} probabilities; convert again")
    best = classes[max(range(len(classes)), key=probabilities.__getitem__)]
    label = best if isinstance(best, str) else torch.tensor(best, dtype=torch.int64)
    return label, dict(zip(classes, probabilities, strict=True))
