"""Test inputs: seeded random within the contract's range, zeros, and the ends of the range."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deploykit.spec import Contract, InputSpec

Draws = dict[str, NDArray[Any]]
"""Inputs or outputs by name, stacked: draws × shape."""

SEED = 20

HALF_ULP = 2.0**-24
"""Largest relative error of rounding to float32."""

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


def nudged(contract: Contract, inputs: dict[str, Draws]) -> dict[str, Draws]:
    """The same inputs with each real number moved by up to one rounding error of the largest in its range.

    What a network makes of them is as right as what it makes of the inputs themselves. Where the two differ much, as
    behind a norm over a constant, no implementation can be held to either.

    Args:
        contract: gives the ranges.
        inputs: draws by kind, as `make_inputs` makes them.
    """
    rng = np.random.default_rng(SEED)

    def move(spec: InputSpec, values: NDArray[Any]) -> NDArray[Any]:
        if values.dtype.kind != "f":
            return values
        step = HALF_ULP * max(abs(end) for end in spec.range)
        return (values + rng.uniform(-step, step, values.shape)).astype(values.dtype)

    return {
        kind: {name: move(contract.inputs[name], values) for name, values in draws.items()}
        for kind, draws in inputs.items()
    }


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
