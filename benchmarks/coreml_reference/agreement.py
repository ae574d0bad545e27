"""Compares outputs, also those that are lists of what a network found.

A near-tie in a ranking changes which row comes first, or which is the last of the best 20: the artifact is right and
the arrays are far apart. So `deploykit.parity.ranking` pairs rows of ranked outputs with the reference's, and the
share of rows that have a partner is a figure of its own. Integer outputs (indices, labels) are equal or not.
"""

from __future__ import annotations

from dataclasses import dataclass

from deploykit.parity.compare import SNR_CAP_DB, compare
from deploykit.parity.inputs import Draws
from deploykit.parity.ranking import align

RANKED = frozenset({"topk", "ssdlite320_mobilenet_v3_large"})
"""Models all of whose outputs have one row for each thing found, best first."""


@dataclass(frozen=True)
class Agreement:
    """How an artifact's outputs agree with a reference's.

    Attributes:
        snr_db: of floating point outputs, of the worst one; the cap where there are none.
        same: the lower one of the shares of integers that are equal and of rows that have a partner.
    """

    snr_db: float
    same: float


def agreement(model: str, reference: Draws, outputs: Draws) -> Agreement:
    """Compares all draws of all outputs of a model of the list.

    Raises:
        ValueError: if names or shapes differ.
    """
    aligned, rows = align(reference, outputs, sorted(reference) if model in RANKED else ())
    figures = compare(reference, aligned)
    indices = 1.0 if figures.index_agreement is None else figures.index_agreement
    return Agreement(SNR_CAP_DB if figures.snr_db is None else figures.snr_db, min(rows, indices))
