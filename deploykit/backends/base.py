"""What a backend is: it lowers an ExportedProgram to a file, and runners execute that file.

Every backend folder has the same file names: `lower.py` (ExportedProgram → file) and `runner.py` (file → outputs).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from deploykit.manifest import GpuRecord, OpRecord, Signature
from deploykit.precisions import Precision
from deploykit.sizes import DimSpec
from deploykit.spec import RangeMethod

if TYPE_CHECKING:  # torch takes seconds to import, and not every process that runs an artifact needs it
    import torch

ORIGINS = "origins.json"
"""What a road may leave beside its file: the name of each op of the program → its line in the model."""

Tensors = dict[str, NDArray[Any]]
"""Named tensors, as NumPy arrays, at an artifact's border."""


@dataclass(frozen=True)
class Taken:
    """An input of a saved artifact, as the file declares it.

    Attributes:
        name: its name.
        dtype: its element type.
        shape: its sizes, with None for what is known at run time only; None if not even the rank is known.
        picture: whether a PIL image may be given; the last two sizes are its height and width then.
        optional: whether it may be left out.
        words: what is said of each size, where more is known than the file says; empty where nothing is.
        default: the sizes to take where none are given, if they are known.
    """

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int | None, ...] | None
    picture: bool = False
    optional: bool = False
    words: tuple[str, ...] = ()
    default: tuple[int, ...] | None = None

    def __str__(self) -> str:
        if self.words:
            return f"{self.dtype} [{', '.join(self.words)}]"
        sizes = "..." if self.shape is None else ", ".join("?" if size is None else str(size) for size in self.shape)
        return f"{self.dtype} [{sizes}]"

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Whether an array of this shape can be it."""
        return self.shape is None or (
            len(shape) == len(self.shape)
            and all(wished in (None, size) for wished, size in zip(self.shape, shape, strict=True))
        )


@dataclass(frozen=True)
class LowerRequest:
    """What a road is asked for."""

    name: str
    """Of the model; the file is called after it."""
    version: str
    license: str | None
    precision: Precision
    options: dict[str, str]
    """The target's fields that the backend asked for (`Backend.options`)."""
    signature: Signature
    folder: Path
    """Where the file goes; exists and is empty. A road may leave `ORIGINS` beside it."""
    source: Path
    """The folder of the user's project: source lines are told relative to it."""
    dims: Mapping[str, DimSpec] = field(default_factory=dict)
    """The sizes of the signature that are known at run time only."""
    states: Mapping[str, str] = field(default_factory=dict)
    """Inputs that are states, each with the output that the next call is given there."""
    islands: tuple[str, ...] = ()
    """Tensors of the file at fp32 whose values fp16 cannot hold: what gives or takes them stays float32."""
    others: Mapping[str, torch.export.ExportedProgram] = field(default_factory=dict)
    """For a backend whose files take listed shapes only (`Backend.one_shape`): the model at each of the other sizes, by
    the name of its signature."""


@dataclass(frozen=True)
class QuantizeRequest:
    """What a float file is to become.

    Attributes:
        precision: one of those with integers, a palette or zeros.
        calibration: inputs by kind, as `deploykit.work.draws` keeps them: what ranges of activations are read from;
            None where no precision of the build needs them.
        ranges: how a tensor's range is found.
        kept: layers that stay float, by the names that `Backend.follow` gives their outputs in the float file.
        options: the target's fields that the backend asked for (`Backend.options`).
    """

    precision: Precision
    calibration: Path | None = None
    ranges: RangeMethod = "min-max"
    kept: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)


Quantizer = Callable[[Path, QuantizeRequest, Sequence[Tensors]], tuple[str, ...]]
"""Makes a float file, in place, what a request says; the calibration inputs are given one by one. Tells what else it
did, as rewrites are told."""

Road = Callable[["torch.export.ExportedProgram", LowerRequest], Path]
"""One way of lowering: gives the file (or `.mlpackage` folder) that it wrote. Any exception means that it failed."""


@dataclass(frozen=True)
class Inside:
    """What the inside of an fp16 artifact shows."""

    overflows: tuple[OpRecord, ...] = ()
    """Ops whose outputs exceed fp16's range, in the order of execution."""
    underflows: tuple[OpRecord, ...] = ()
    """Ops of which fp16 takes many values for 0, the one that loses most first."""
    curve: tuple[OpRecord, ...] = ()
    """Signal-to-noise ratio after each op, in the order of execution: rounded against not rounded."""
    costliest: OpRecord | None = None
    """The op that costs the output most, where one stands out."""


@dataclass(frozen=True)
class Made:
    """A tensor that an op of a saved file gave while the file ran.

    Attributes:
        op: the op's type in the file's format, for example `CONV_2D`.
        name: the tensor's, in the file.
        operands: the names of the tensors that the op took, constants left out where the format tells them apart.
        dtype: its type as NumPy calls it, as the file declares it.
        value: its elements; valid during the call only, copy what is kept.
    """

    op: str
    name: str
    operands: tuple[str, ...]
    dtype: str
    value: NDArray[Any]


Watch = Callable[[Made], None]
"""Sees every tensor that the ops of a file give, in the order of execution."""


class Runner(ABC):
    """Executes a saved artifact. A context manager: native objects live between `__enter__` and `__exit__`."""

    def __enter__(self) -> Self:
        return self

    @abstractmethod
    def run(self, inputs: Tensors) -> Tensors:
        """Runs the artifact once.

        Args:
            inputs: every input of the signature, by name, with its dtype and shape.

        Returns:
            Every output of the signature, by name.

        Raises:
            ArtifactError: if the artifact cannot be executed with these inputs.
        """

    def run_steps(self, steps: Sequence[Tensors], states: Mapping[str, str]) -> list[Tensors]:
        """Runs the artifact several times, each time with the states that the run before it gave.

        Args:
            steps: the inputs of each run; the states of the first one count, those of the others are replaced.
            states: inputs that are states, each with the output that the next run is given there.

        Returns:
            The outputs of each run.

        Raises:
            ArtifactError: as `run`.
        """
        carried: Tensors = {}
        results = []
        for inputs in steps:
            outputs = self.run({**inputs, **carried})
            carried = {name: outputs[output].astype(inputs[name].dtype) for name, output in states.items()}
            results.append(outputs)
        return results

    def run_afresh(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Runs the artifact once as `run` does, with a fresh state if it has states.

        Args:
            inputs: as of `run`; where `takes` says so, also PIL images.

        Returns:
            Every output by name; of a classifier its label and a dictionary of each class's probability.
        """
        return self.run({**inputs})

    def takes(self) -> tuple[Taken, ...]:
        """The artifact's inputs, in order, as the file declares them; empty where a runner does not say."""
        return ()

    def residency(self) -> GpuRecord | None:
        """Where it ran, of a runner on a GPU; asked after at least one run."""
        return None

    def parts(self) -> str:
        """What its engine said of the parts that it made of the file, for `Backend.ask`; empty where it does not."""
        return ""

    def close(self) -> None:
        """Frees native objects; safe to call twice."""
        return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
