"""A saved artifact, run once on what the user gives, in a job's process."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deploykit.backends import RUNNERS
from deploykit.backends.base import Taken
from deploykit.errors import ArgumentsError
from deploykit.sizes import sized
from deploykit.spec import Contract
from deploykit.work.given import Given, read_inputs

FIRST = 5
"""Values, or classes, that are shown of each output."""


@dataclass(frozen=True)
class Order:
    """What to run.

    Attributes:
        runner: its name in the table.
        artifact: the file or package.
        options: for opening it; see `RunnerEntry.options`.
        inputs: the files given.
        seed: for inputs that are not given; None refuses those.
        contract: of the artifact, where its manifest lies beside it: says which sizes it was checked with.
    """

    runner: str
    artifact: Path
    options: Mapping[str, str]
    inputs: tuple[Given, ...]
    seed: int | None = None
    contract: Contract | None = None


@dataclass(frozen=True)
class Output:
    """One output, in figures.

    Attributes:
        name: its name.
        dtype: its NumPy type, "label" or "probabilities".
        shape: its sizes; of probabilities the number of classes.
        low: the least finite value; None if there is none.
        high: the largest finite value.
        mean: of the finite values.
        nan: how many values are not a number.
        inf: how many values are infinite.
        first: the first values; the label; the most probable classes.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    low: float | None
    high: float | None
    mean: float | None
    nan: int
    inf: int
    first: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What a run gave: the notes on its inputs, its outputs, and the names of the files that were written."""

    notes: tuple[str, ...]
    outputs: tuple[Output, ...]
    files: tuple[str, ...]


def execute(order: Order, folder: Path | None) -> Outcome:
    """Runs an artifact once.

    Args:
        order: what to run.
        folder: where the outputs go: NAME.npy, probabilities as NAME.json; None writes nothing. It exists and is empty.

    Raises:
        ArgumentsError: if the inputs do not fit; names all problems.
        ArtifactError: if the runner cannot open or execute it.
    """
    with RUNNERS[order.runner].open(order.artifact, **order.options) as runner:
        takes = tuple(_named(taken, order.contract) for taken in runner.takes())
        inputs = read_inputs(order.inputs, takes, order.seed)
        if order.contract is not None and not inputs.problems:
            arrays = {name: value for name, value in inputs.values.items() if isinstance(value, np.ndarray)}
            inputs.problems += order.contract.misfits({name: array.shape for name, array in arrays.items()})
        if inputs.problems:
            raise ArgumentsError([f"{order.artifact} cannot be run with these inputs:", *inputs.problems])
        made = {name: _plain(value) for name, value in runner.run_afresh(inputs.values).items()}
    files = _write(made, folder) if folder else ()
    return Outcome(tuple(inputs.notes), tuple(_output(name, value) for name, value in made.items()), files)


def _named(taken: Taken, contract: Contract | None) -> Taken:
    """An input with the contract's words for its sizes, where some are known at run time only."""
    spec = contract.inputs.get(taken.name) if contract is not None else None
    if contract is None or spec is None or all(isinstance(size, int) for size in spec.shape):
        return taken
    words = tuple(f"{size}: {contract.dims[size]}" if isinstance(size, str) else str(size) for size in spec.shape)
    return replace(taken, words=words, default=sized(spec.shape, contract.default_sizes))


def _plain(value: Any) -> Any:
    """Labels and probabilities as they are, even where a runner wraps them in an array."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "OU" and value.ndim == 0:
        return value.item()
    return value


def _output(name: str, value: Any) -> Output:
    if isinstance(value, Mapping):
        ranked = sorted(value.items(), key=lambda item: -item[1])[:FIRST]
        best = tuple(f"{label} {probability:.6g}" for label, probability in ranked)
        return _figures(name, "probabilities", np.array(list(value.values()), np.float64), best)
    if isinstance(value, str | int):
        return Output(name, "label", (), None, None, None, 0, 0, (str(value),))
    array = np.asarray(value)
    first = tuple(str(v) if array.dtype.kind == "b" else f"{v:.6g}" for v in array.reshape(-1)[:FIRST].tolist())
    return _figures(name, str(array.dtype), array, first)


def _figures(name: str, dtype: str, array: NDArray[Any], first: Sequence[str]) -> Output:
    wide = array.astype(np.float64)
    finite = wide[np.isfinite(wide)]
    low, high, mean = (float(finite.min()), float(finite.max()), float(finite.mean())) if finite.size else (None,) * 3
    nan, inf = int(np.isnan(wide).sum()), int(np.isinf(wide).sum())
    return Output(name, dtype, tuple(array.shape), low, high, mean, nan, inf, tuple(first))


def _write(made: Mapping[str, Any], folder: Path) -> tuple[str, ...]:
    files: list[str] = []
    for name, value in made.items():
        stem, taken = _stem(name), {Path(file).stem.casefold() for file in files}
        while stem.casefold() in taken:
            stem += "_"
        if isinstance(value, Mapping):
            files.append(f"{stem}.json")
            text = json.dumps({str(label): float(p) for label, p in value.items()}, ensure_ascii=False, indent=1)
            (folder / files[-1]).write_text(text + "\n", encoding="utf-8")
        else:
            files.append(f"{stem}.npy")
            np.save(folder / files[-1], np.asarray(value), allow_pickle=False)
    return tuple(files)


def _stem(name: str) -> str:
    """An output's name as a file's: names are the file's word, and may be paths."""
    return re.sub(r"[^\w.-]|^\.", "_", name)[:100] or "output"
