"""What a backend is: it lowers an ExportedProgram to a file, and runners execute that file.

Every backend folder has the same file names: `lower.py` (ExportedProgram → file) and `runner.py` (file → outputs).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Any, Self

from numpy.typing import NDArray

Tensors = dict[str, NDArray[Any]]
"""Named tensors, as NumPy arrays, at an artifact's border."""


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

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
