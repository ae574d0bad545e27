"""The project's samples as draws beside the test inputs, and whether what is said of them can be so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deploykit.errors import SampleError
from deploykit.parity.inputs import SAMPLES, Draws, kind_at
from deploykit.samples import Sample
from deploykit.spec import Contract
from deploykit.truths import Truth, misfit

if TYPE_CHECKING:
    import torch

MOST_PROBLEMS = 5
"""Samples that are told of: a data set's are as a rule all wrong for one reason."""


def sample_draws(samples: tuple[Sample, ...], contract: Contract) -> tuple[dict[str, Draws], dict[str, list[Truth]]]:
    """Samples by kind, those of one size together, and the truth of each."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    truths: dict[str, list[Truth]] = {}
    for sample in samples:
        tensors = sample.tensors(contract)
        sizes = contract.sizes_of({name: value.shape for name, value in tensors.items()})
        kind = SAMPLES if sizes == contract.default_sizes else f"{SAMPLES} {kind_at(sizes)}"
        kinds.setdefault(kind, []).append(tensors)
        truths.setdefault(kind, []).append(sample.truth)
    draws = {kind: {name: np.stack([t[name] for t in of]) for name in contract.inputs} for kind, of in kinds.items()}
    return draws, truths


def check_truths(samples: tuple[Sample, ...], contract: Contract, outputs: dict[str, torch.Tensor]) -> None:
    """Looks whether each truth is one of its output; at sizes that are known at run time only, nobody can say.

    Raises:
        SampleError: naming the samples, with both sizes.
    """
    problems = [
        f"sample {sample.name}: {wrong}"
        for sample in (() if contract.dims else samples)
        for name, truth in sample.truth.items()
        if (
            wrong := misfit(
                name, contract.outputs[name], outputs[name].shape, not outputs[name].is_floating_point(), truth
            )
        )
    ]
    if problems:
        more = f"\nand {len(problems) - MOST_PROBLEMS} more" if len(problems) > MOST_PROBLEMS else ""
        raise SampleError("\n".join(problems[:MOST_PROBLEMS]) + more)
