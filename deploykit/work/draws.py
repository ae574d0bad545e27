"""Draws by kind of input: run one by one, and kept in `.npz` files between processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deploykit.backends.base import Runner, Tensors
from deploykit.parity.inputs import STEPS, Draws

STATES = "states"
"""Where a file of inputs says which of them are states: rows of input and output."""


FEW = 4
"""How many inputs of a kind are followed through a file, op by op."""


def each(draws: Draws, most: int | None = None) -> Iterator[Tensors]:
    """The draws one by one; the first `most` of them, or all."""
    for index in range(len(next(iter(draws.values())))):
        if index == most:
            return
        yield {name: values[index] for name, values in draws.items()}


def taken(draws: Draws, some: Sequence[int]) -> Draws:
    """Some of the draws."""
    return {name: values[list(some)] for name, values in draws.items()}


def chosen(kind: str, count: int, most: int | None) -> tuple[int, ...]:
    """`most` of the `count` draws of a kind, evenly spread; all of them where there are no more, or `most` is None.

    Of `STEPS` the first ones: each takes its states from the one before it, and none can be left out between.
    """
    if most is None or count <= most:
        return tuple(range(count))
    return tuple(range(most)) if kind == STEPS else tuple(i * count // most for i in range(most))


def fewer(kind: str, draws: Draws, most: int | None) -> Draws:
    """The draws of a kind that are `chosen`."""
    return draws if most is None else taken(draws, chosen(kind, len(next(iter(draws.values()))), most))


def run_draws(runner: Runner, inputs: dict[str, Draws], states: Mapping[str, str]) -> dict[str, Draws]:
    """Runs every draw of every kind by itself, as an app would; `STEPS` one after another.

    Args:
        runner: of the artifact, or of PyTorch.
        inputs: draws by kind.
        states: inputs that are states, each with the output that the next call is given there.
    """
    results: dict[str, Draws] = {}
    for kind, draws in inputs.items():
        calls = list(each(draws))
        outputs = runner.run_steps(calls, states) if kind == STEPS else [runner.run(call) for call in calls]
        results[kind] = {name: np.stack([o[name] for o in outputs]) for name in outputs[0]}
    return results


def load(file: Path) -> dict[str, Draws]:
    """Reads draws by kind, as `capture` and `run` save them."""
    kinds: dict[str, Draws] = {}
    with np.load(file, allow_pickle=False) as arrays:
        for key in arrays.files:
            if key == STATES:
                continue
            kind, name = key.split("/", 1)
            kinds.setdefault(kind, {})[name] = arrays[key]
    return kinds


def load_states(file: Path) -> dict[str, str]:
    """Which inputs of a file of draws are states, as `save` wrote it."""
    with np.load(file, allow_pickle=False) as arrays:
        return {str(name): str(output) for name, output in arrays[STATES]} if STATES in arrays.files else {}


def save(file: Path, kinds: dict[str, Draws], states: Mapping[str, str] | None = None) -> None:
    """Writes draws by kind, and which of the inputs are states."""
    arrays: dict[str, Any] = {f"{kind}/{name}": value for kind, draws in kinds.items() for name, value in draws.items()}
    if states:
        arrays[STATES] = np.array(list(states.items()))
    np.savez(file, **arrays)
