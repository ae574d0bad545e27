"""What a backend is: it lowers an ExportedProgram to a file, and runners execute that file.

Every backend folder has the same file names: `lower.py` (ExportedProgram → file) and `runner.py` (file → outputs).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from numpy.typing import NDArray

from deploykit.manifest import Signature
from deploykit.spec import Precision

if TYPE_CHECKING:  # torch takes seconds to import, and not every process that runs an artifact needs it
    import torch

Tensors = dict[str, NDArray[Any]]
"""Named tensors, as NumPy arrays, at an artifact's border."""


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
    """Where the file goes; exists and is empty."""


Road = Callable[["torch.export.ExportedProgram", LowerRequest], Path]
"""One way of lowering: gives the file (or `.mlpackage` folder) that it wrote. Any exception means that it failed."""


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

    def close(self) -> None:
        """Frees native objects; safe to call twice."""
        return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
