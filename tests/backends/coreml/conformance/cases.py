"""What is known about one case of the suite, and how a seeded sample of cases is drawn."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_OPS = "mil/ops/tests"
OP_SUITES = {f"iOS{number}": f"{_OPS}/iOS{number}" for number in (14, 15, 16, 17, 18)}
TORCH_SUITES = {"torch": "frontend/torch/test/test_torch_ops.py"}


def suite_root() -> Path:
    """The folder inside the installed coremltools that the paths of the suites start at."""
    spec = find_spec("coremltools.converters.mil")
    if spec is None or spec.origin is None:
        raise RuntimeError("coremltools is not installed; its wheel carries the tests that run here")
    return Path(spec.origin).parent


@dataclass(frozen=True, slots=True)
class Case:
    """One parametrisation of a test function.

    The index stands for it, and not pytest's id: some ids show the address of an object, which differs by process.
    """

    function: str
    index: int

    @property
    def file(self) -> str:
        """The test file, relative to the root of the suites."""
        return self.function.split("::")[0]

    @property
    def suite(self) -> str:
        """The name of the suite that it belongs to."""
        suites = OP_SUITES | TORCH_SUITES
        return next(name for name, path in suites.items() if self.file.startswith(path))


@dataclass(frozen=True, slots=True)
class Result:
    """What happened to one case in its process.

    Attributes:
        function, index: the case.
        id: pytest's name of it.
        outcome: passed, failed, skipped or crashed, as pytest saw it; expected failures run like all others.
        message: of the failure or of the skip.
        predictions: how often the reference runner gave outputs.
        refusals: how often it refused inputs with an error.
        comparisons: how many of NumPy's comparisons came after the first prediction.
        expected_failure: why coremltools expects the case to fail on Apple's runtime; empty if it does not.
        seconds: the time it took.
    """

    function: str
    index: int
    id: str
    outcome: str
    message: str
    predictions: int
    refusals: int
    comparisons: int
    expected_failure: str
    seconds: float

    @property
    def case(self) -> Case:
        return Case(self.function, self.index)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def sample(counts: Mapping[str, list[int]], size: int, seed: int) -> list[Case]:
    """Draws up to `size` cases of every test function; the draw of one function does not depend on the others."""
    drawn = []
    for function, indices in counts.items():
        chosen = random.Random(f"{seed}:{function}").sample(indices, min(size, len(indices)))
        drawn += [Case(function, index) for index in sorted(chosen)]
    return drawn
