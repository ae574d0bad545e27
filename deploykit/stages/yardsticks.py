"""What artifacts are held to: PyTorch's own outputs, at fp32 and at every precision that it can have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from deploykit.parity.inputs import SAMPLES, STEPS, Draws
from deploykit.precisions import SCHEMES, Precision
from deploykit.spec import Contract
from deploykit.stages.judge import floor_of, meaningless
from deploykit.work.draws import load, taken


class Yardsticks(dict[str, dict[str, Draws]]):
    """PyTorch's own outputs: precision → kind of input → draws. `fp32` is the reference.

    Every artifact is held to the same floors, and a dense network's take seconds: each is worked out once.
    """

    def __init__(self, values: Mapping[str, dict[str, Draws]] = MappingProxyType({})) -> None:
        super().__init__(values)
        self._floors: dict[tuple[Precision, str], float | None] = {}
        self._sound: dict[str, tuple[int, ...]] = {}

    def floor(self, precision: Precision, kind: str, contract: Contract) -> float | None:
        """See `floor_of`; of one contract."""
        key = precision, kind
        if key not in self._floors:
            self._floors[key] = floor_of(precision, self["fp32"][kind], self, kind, contract)
        return self._floors[key]

    def sound(self, kind: str, contract: Contract) -> tuple[int, ...]:
        """The draws of a kind that something can be said on: all, unless PyTorch's answers to them are noise together.

        A network may be chaotic on a few inputs only: these are left out then. Steps hang together, so it is all of
        them or none.
        """
        if kind not in self._sound:
            count = len(next(iter(self["fp32"][kind].values())))
            found = tuple(range(count))
            if meaningless(self["fp32"][kind], lambda: self.floor("fp32", kind, contract)):
                found = (
                    () if kind == STEPS else tuple(i for i in found if self.only(kind, (i,))._is_sound(kind, contract))
                )
            self._sound[kind] = found
        return self._sound[kind]

    def sound_samples(self, contract: Contract) -> dict[str, tuple[int, ...]]:
        """The same of each kind of samples, without kinds of which nothing can be said."""
        kinds = {kind: self.sound(kind, contract) for kind in self["fp32"] if kind.startswith(SAMPLES)}
        return {kind: draws for kind, draws in kinds.items() if draws}

    def only(self, kind: str, draws: Sequence[int]) -> Yardsticks:
        """The same of some draws of a kind alone."""
        return Yardsticks({name: {kind: taken(kinds[kind], draws)} for name, kinds in self.items() if kind in kinds})

    def _is_sound(self, kind: str, contract: Contract) -> bool:
        return meaningless(self["fp32"][kind], lambda: self.floor("fp32", kind, contract)) is None


YARDSTICKS = ("fp32", "fp64", "nudged", *(precision for precision in SCHEMES if precision != "fp32"))


def load_yardsticks(scratch: Path) -> Yardsticks:
    """What `capture` saved, of those precisions that PyTorch could do."""
    return Yardsticks({name: load(file) for name in YARDSTICKS if (file := scratch / f"{name}.npz").exists()})
