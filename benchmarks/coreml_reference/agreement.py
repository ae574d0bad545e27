"""Compares outputs, also those that are lists of what a network found.

A near-tie in a ranking changes which row is first, or which is last of the best 20: the artifact is right and the
arrays are far apart. So the rows of ranked outputs are paired with the reference's most similar rows, whatever their
order; a row that has no partner nearby is another element, and is counted. Figures are those of the pairs. Integer
outputs (indices, labels) are no numbers with a distance: the share of equal elements counts, order aside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from deploykit.parity.compare import Comparison, compare
from deploykit.parity.inputs import Draws

RANKED = frozenset({"topk", "ssdlite320_mobilenet_v3_large"})
"""Models whose outputs have one row for each thing found, best first."""

NEARBY = 0.1
"""Rows are of the same element up to this distance, in standard deviations of the reference's columns."""


@dataclass(frozen=True)
class Agreement:
    """How an artifact's outputs agree with a reference's.

    Attributes:
        snr_db: of floating point outputs, of the worst one.
        non_finite: how many values are NaN or infinite.
        same: share of integer elements that are equal, and of rows that have a partner; 1 where there are none.
    """

    snr_db: float
    non_finite: int = 0
    same: float = 1.0


def agreement(name: str, reference: Draws, outputs: Draws) -> Agreement:
    """Compares all draws of all outputs.

    Raises:
        ValueError: if names or shapes differ.
    """
    if name in RANKED:
        return _ranked(reference, outputs)
    real = [key for key, value in reference.items() if value.dtype.kind == "f"]
    whole = [key for key in reference if key not in real]
    figures = compare({k: reference[k] for k in real}, {k: outputs[k] for k in real}) if real else None
    shares = [_shared(reference[key], outputs[key]) for key in whole]
    return _agreement(figures, min(shares, default=1.0))


def _agreement(figures: Comparison | None, same: float) -> Agreement:
    return Agreement(300.0, 0, same) if figures is None else Agreement(figures.snr_db, figures.non_finite, same)


def _shared(reference: NDArray[np.generic], outputs: NDArray[np.generic]) -> float:
    """The share of equal elements after sorting each draw."""
    if reference.shape != outputs.shape:
        raise ValueError(f"an output is {outputs.shape[1:]}, the reference {reference.shape[1:]}")
    count = len(reference)
    return float((np.sort(reference.reshape(count, -1)) == np.sort(outputs.reshape(count, -1))).mean())


def _ranked(reference: Draws, outputs: Draws) -> Agreement:
    pairs: list[tuple[Draws, Draws]] = []
    rows = partners = 0
    for draw in range(len(next(iter(reference.values())))):
        want = {key: value[draw] for key, value in reference.items()}
        got = {key: outputs[key][draw] for key in reference}
        scale = np.concatenate([_columns(v).std(0) for v in want.values()]) + 1e-12
        left, right = (np.concatenate([_columns(v) for v in side.values()], 1) / scale for side in (want, got))
        distance = np.sqrt(np.square(left[:, None] - right[None]).mean(-1))
        first, second = linear_sum_assignment(np.nan_to_num(distance, nan=1e9, posinf=1e9))
        near = distance[first, second] < NEARBY
        rows, partners = rows + len(first), partners + int(near.sum())
        pairs.append(({k: v[first[near]] for k, v in want.items()}, {k: v[second[near]] for k, v in got.items()}))
    joined = [{key: np.concatenate([pair[side][key] for pair in pairs]) for key in reference} for side in (0, 1)]
    return _agreement(compare(joined[0], joined[1]), partners / max(rows, 1))


def _columns(value: NDArray[np.generic]) -> NDArray[np.float64]:
    return value.reshape(len(value), -1).astype(np.float64)
