from __future__ import annotations

import numpy as np

from deploykit.parity.metrics import task_metric
from deploykit.spec import Contract

CONTRACT = Contract.model_validate(
    {
        "task": "image-classification",
        "labels": ["a", "b"],
        "inputs": {"image": {"type": "image", "size": (3, 4)}},
        "outputs": {"scores": {"type": "scores"}},
    }
)


def test_agreement_and_accuracy_count_draws() -> None:
    reference = {"scores": np.array([[[0.9, 0.1]], [[0.2, 0.8]], [[0.6, 0.4]], [[0.6, 0.4]]])}
    outputs = {"scores": np.array([[[0.9, 0.1]], [[0.8, 0.2]], [[0.6, 0.4]], [[0.6, 0.4]]])}
    metric = task_metric(CONTRACT, reference, outputs, [0, 1, 1, None])
    assert metric == {"top1_agreement": 0.75, "top1_accuracy": 1 / 3, "reference_top1_accuracy": 2 / 3}
    assert task_metric(CONTRACT, reference, outputs, []) == {"top1_agreement": 0.75}
