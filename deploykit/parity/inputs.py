"""Test inputs: seeded random within the contract's range, zeros, and the ends of the range."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deploykit.spec import Contract, InputSpec

Draws = dict[str, NDArray[Any]]
"""Inputs or outputs by name, stacked: draws × shape."""

SEED = 20

GRIDS = (2, 2, 7, 7, 28, 28, None, None)
"""Side of the grid that each random picture is blown up from, None for noise in every pixel.

Pictures of pixel noise all look the same to a network, so noise alone would measure one point.
"""


def make_inputs(contract: Contract) -> dict[str, Draws]:
    """Inputs by kind: `random` (8 draws), `zeros` (1), `extremes` (2: all at the lower and at the upper end)."""
    rng = np.random.default_rng(SEED)
    kinds: dict[str, Draws] = {"random": {}, "zeros": {}, "extremes": {}}
    for name, spec in contract.inputs.items():
        dtype, shape = spec.border_dtype, spec.shape
        kinds["random"][name] = np.stack([_random(rng, spec, grid) for grid in GRIDS]).astype(dtype)
        kinds["zeros"][name] = np.zeros((1, *shape), dtype)
        kinds["extremes"][name] = np.stack([np.full(shape, end) for end in spec.range]).astype(dtype)
    return kinds


def _random(rng: np.random.Generator, spec: InputSpec, grid: int | None) -> NDArray[Any]:
    (low, high), shape = spec.range, spec.shape
    if spec.type == "image":
        height, width = spec.size
        rows, columns = (np.arange(n) * min(grid or n, n) // n for n in (height, width))
        # C order, since torch.export keeps an example's strides in the graph.
        return np.ascontiguousarray(rng.uniform(low, high, shape)[:, rows][:, :, columns])
    if spec.dtype == "bool":
        return rng.integers(0, 2, shape)
    if spec.dtype != "float32":
        return rng.integers(int(low), int(high) + 1, shape)
    return rng.uniform(low, high, shape)
