"""Rows in the order of a score (top-k, detections): near-ties swap under rounding, so rows are compared as a set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deploykit.parity.inputs import Draws

MATCHED = 0.1
"""A row is another one if it differs by more than this share of its output's root mean square (20 dB)."""

TIED = 1e-6
"""Scores closer than this share of the largest are tied: which comes first then says nothing."""


def align(reference: Draws, outputs: Draws, ranked: Sequence[str]) -> tuple[Draws, float]:
    """Brings the rows of ranked outputs into the reference's order.

    Rows of all ranked outputs belong together: the fifth box has the fifth score. They are matched at the least total
    cost (Hungarian method), and the share of rows that have a partner is a figure of its own, since the last of k rows
    may be exchanged for the one that came after them.

    Args:
        reference: draws × shape, by name.
        outputs: the same from an artifact.
        ranked: names of the outputs that are rankings; the rows are along their first axis that is not 1.

    Returns:
        The outputs with rows in the reference's order, where rows without a partner are the reference's own; and the
        share of rows with a partner, 0 to 1.

    Raises:
        ValueError: if ranked outputs differ in their number of rows.
    """
    if not ranked:
        return outputs, 1.0
    from scipy.optimize import linear_sum_assignment  # takes longer to import than all of this to run

    counts = {name: _rows(reference[name][0]).shape[0] for name in ranked}
    if len(set(counts.values())) > 1:
        raise ValueError(f"outputs with ranked = true have different numbers of rows: {counts}")
    aligned = {name: values.copy() if name in ranked else values for name, values in outputs.items()}
    found = total = 0
    for draw in range(len(reference[ranked[0]])):
        want = [_rows(reference[name][draw]) for name in ranked]
        got = [_rows(outputs[name][draw]) for name in ranked]
        cost = np.add.reduce([_distance(a, b) for a, b in zip(want, got, strict=True)])
        rows, partners = linear_sum_assignment(cost)
        paired = cost[rows, partners] <= MATCHED**2
        found, total = found + int(paired.sum()), total + len(rows)
        for name, expected, made in zip(ranked, want, got, strict=True):
            settled = np.where(paired[:, None], made[partners], expected)
            aligned[name][draw] = settled.reshape(reference[name][draw].shape)
    return aligned, found / max(total, 1)


def tied(reference: Draws, ranked: Sequence[str]) -> str | None:
    """Why a ranking proves nothing, or None: scores that are mostly equal have no order."""
    for name in ranked:
        for draw in reference[name]:
            scores = _rows(draw)
            falling = scores.shape[1] == 1 and scores.dtype.kind == "f" and bool((np.diff(scores[:, 0]) <= 0).all())
            if falling and len(scores) > 1:
                steps = -np.diff(scores[:, 0].astype(np.float64))
                if (steps <= TIED * np.abs(scores).max(initial=0.0)).mean() > 0.5:
                    return f"the scores in {name} are tied, so their order would say nothing"
    return None


def _rows(value: NDArray[Any]) -> NDArray[Any]:
    """Rows × everything else."""
    count = next((size for size in value.shape if size != 1), 1)
    return value.reshape(count, -1)


def _distance(want: NDArray[Any], got: NDArray[Any]) -> NDArray[np.float64]:
    """Rows × rows: mean squared difference over the output's mean square; for integers, the share that differs."""
    if want.dtype.kind != "f":
        differs: NDArray[np.float64] = (want[:, None, :] != got[None, :, :]).mean(-1)
        return differs
    a, b = want.astype(np.float64), np.nan_to_num(got.astype(np.float64), nan=np.inf)
    scale = max(float(np.square(a).mean()), np.finfo(np.float64).tiny)
    squares: NDArray[np.float64] = np.square(a[:, None, :] - b[None, :, :]).mean(-1) / scale
    return np.nan_to_num(squares, nan=1e9, posinf=1e9)
