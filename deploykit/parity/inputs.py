"""Test inputs: seeded random within the contract's range, zeros, the ends of the range, other sizes, and steps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deploykit.precisions import SCHEMES, Precision
from deploykit.sizes import DimSpec, sized
from deploykit.spec import Contract, InputSpec

Draws = dict[str, NDArray[Any]]
"""Inputs or outputs by name, stacked: draws × shape. All draws of a kind have the same shapes."""

SEED = 20

HALF_ULP = 2.0**-24
"""Largest relative error of rounding to float32."""

GRIDS = (2, 2, 7, 7, 28, 28, None, None)
"""Side of the grid that each random picture is blown up from, None for noise in every pixel.

Pictures of pixel noise all look the same to a network, so noise alone would measure one point.
"""


CONSTANT = ("zeros", "extremes")
"""The kinds of input with one value everywhere."""

SAMPLES = "samples"
"""The kind of input that the project's own samples are, at the default sizes; at others it begins with this."""

STEPS = "steps"
"""The kind of input whose draws are calls one after another, each with the states that the one before it gave."""

STEP_COUNT = 4

SIZED_GRIDS = (7, None)
"""As `GRIDS`, for the draws at another size than the default."""

BETWEEN = 2
"""Sizes of a range that are tried beside its ends and its default."""

MOST_COMBINATIONS = 12
"""Up to here every size of a dimension is tried with every size of the others."""


def make_inputs(contract: Contract) -> dict[str, Draws]:
    """Inputs by kind.

    `random` (8 draws), `zeros` (1) and `extremes` (2: all at the lower and at the upper end) are at the default sizes.
    `at time=100` (2 random draws) are at another size: the ends and some sizes of a range, or every size of a list.
    `steps` (4) are for a model with states: the states of the first one are zeros, those of the others come from the
    outputs of the one before, whatever stands here.
    """
    rng = np.random.default_rng(SEED)
    default = contract.default_sizes
    kinds: dict[str, Draws] = {"random": {}, "zeros": {}, "extremes": {}}
    for name, spec in contract.inputs.items():
        dtype, shape = spec.border_dtype, sized(spec.shape, default)
        kinds["random"][name] = np.stack([_random(rng, spec, grid, default) for grid in GRIDS]).astype(dtype)
        kinds["zeros"][name] = np.zeros((1, *shape), dtype)
        kinds["extremes"][name] = np.stack([np.full(shape, end) for end in spec.range]).astype(dtype)
    for sizes in other_sizes(contract):
        kinds[kind_at(sizes)] = random_draws(contract, sizes, SIZED_GRIDS)
    if contract.states:
        kinds[STEPS] = random_draws(contract, default, (None,) * STEP_COUNT)
        for name in contract.states:
            kinds[STEPS][name] = np.zeros_like(kinds[STEPS][name])
    return kinds


def random_draws(contract: Contract, sizes: Mapping[str, int], grids: tuple[int | None, ...]) -> Draws:
    """Random inputs at some sizes, the same each time.

    Args:
        contract: gives shapes, types and ranges.
        sizes: of the contract's dimensions.
        grids: one for each draw; see `GRIDS`.
    """
    rng = np.random.default_rng([SEED, *sizes.values()])
    return {
        name: np.stack([_random(rng, spec, grid, sizes) for grid in grids]).astype(spec.border_dtype)
        for name, spec in contract.inputs.items()
    }


def kind_at(sizes: Mapping[str, int]) -> str:
    """What the draws at some sizes are called: `at time=100, words=5`."""
    return "at " + ", ".join(f"{name}={size}" for name, size in sizes.items())


def other_sizes(contract: Contract) -> list[dict[str, int]]:
    """All combinations of sizes to be tried beside the default ones, without those."""
    tried = {name: tried_sizes(name, dim) for name, dim in contract.dims.items()}
    default = contract.default_sizes
    if math.prod(len(sizes) for sizes in tried.values()) <= MOST_COMBINATIONS:
        found = [dict(zip(tried, sizes, strict=True)) for sizes in product(*tried.values())]
    else:
        found = [{name: dim.low for name, dim in contract.dims.items()}]
        found += [{name: dim.high for name, dim in contract.dims.items()}]
        found += [default | {name: size} for name, sizes in tried.items() for size in sizes]
    unlike = [sizes for index, sizes in enumerate(found) if sizes not in found[:index]]
    return [sizes for sizes in unlike if sizes != default]


def tried_sizes(name: str, dim: DimSpec) -> tuple[int, ...]:
    """Every size of a list; of a range the ends, the default and some sizes between, the same each time."""
    if dim.values:
        return tuple(sorted(dim.values))
    rng = np.random.default_rng([SEED, *name.encode()])
    steps = (dim.high - dim.low) // dim.multiple_of
    parts = [steps * part // BETWEEN for part in range(BETWEEN + 1)]
    between = [rng.integers(a, b + 1) for a, b in pairwise(parts)]
    return tuple(sorted({dim.low, dim.high, dim.size, *(dim.low + int(step) * dim.multiple_of for step in between)}))


def export_sizes(contract: Contract) -> dict[str, int]:
    """The sizes of the example that a model is exported with: torch.export takes a size of 1 for one that stays."""
    return {name: dim.high if dim.size == 1 else dim.size for name, dim in contract.dims.items()}


def judged_on(precision: Precision, kinds: Iterable[str]) -> tuple[str, ...]:
    """The kinds of input that say something of an artifact.

    Integers are made for what the model is for. What two honest roundings leave of a constant picture differs by more
    than any bound, so such an artifact is judged on the project's samples, or on random inputs where there are none;
    its fp32 twin is judged on all.
    """
    found = tuple(kinds)
    if not SCHEMES[precision].quantized:
        return found
    samples = tuple(kind for kind in found if kind.startswith(SAMPLES))
    return samples or tuple(kind for kind in found if kind not in CONSTANT)


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


def _random(rng: np.random.Generator, spec: InputSpec, grid: int | None, sizes: Mapping[str, int]) -> NDArray[Any]:
    (low, high), shape = spec.range, sized(spec.shape, sizes)
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
