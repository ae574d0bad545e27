"""Draws by kind of input: run one by one, and kept in `.npz` files between processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from deploykit.backends.base import Runner
from deploykit.parity.inputs import Draws


def run_draws(runner: Runner, inputs: dict[str, Draws]) -> dict[str, Draws]:
    """Runs every draw of every kind by itself, as an app would."""
    results: dict[str, Draws] = {}
    for kind, draws in inputs.items():
        count = len(next(iter(draws.values())))
        outputs = [runner.run({name: values[i] for name, values in draws.items()}) for i in range(count)]
        results[kind] = {name: np.stack([o[name] for o in outputs]) for name in outputs[0]}
    return results


def load(file: Path) -> dict[str, Draws]:
    """Reads draws by kind, as `capture` and `run` save them."""
    kinds: dict[str, Draws] = {}
    with np.load(file, allow_pickle=False) as arrays:
        for key in arrays.files:
            kind, name = key.split("/", 1)
            kinds.setdefault(kind, {})[name] = arrays[key]
    return kinds


def save(file: Path, kinds: dict[str, Draws]) -> None:
    """Writes draws by kind."""
    arrays: dict[str, Any] = {f"{kind}/{name}": value for kind, draws in kinds.items() for name, value in draws.items()}
    np.savez(file, **arrays)
