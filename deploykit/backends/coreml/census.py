"""What a `.mlpackage` holds, as plain data; `counting.py` reads it. Imports no converter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

Shape = tuple[int | None, ...]
"""Sizes of a tensor; None is known at run time only."""

MINIMUM_OS: dict[int, str] = {
    6: "iOS 15, macOS 12, tvOS 15, watchOS 8",
    7: "iOS 16, macOS 13, tvOS 16, watchOS 9",
    8: "iOS 17, macOS 14, tvOS 17, watchOS 10",
    9: "iOS 18, macOS 15, tvOS 18, watchOS 11",
    10: "iOS 26, macOS 26, tvOS 26, watchOS 26",
}
"""Specification version → the oldest systems that load it; ML Programs begin with 6.

Source: "Specification Versions : OS Availability" in coremltools, mlmodel/format/Model.proto, up to 9; for 10
`AvailableTarget` in coremltools 9, converters/mil/_deployment_compatibility.py, which agrees on the others.
"""


@dataclass(frozen=True, slots=True)
class Border:
    """An input, output or state of a function.

    Attributes:
        name: its name.
        dtype: MIL's name of its element type; "list", "dictionary" or "text" if it is no tensor.
        shape: as the program declares it; None if it is no tensor, or even its rank is known at run time only.
        allowed: the shapes that an app may give, of an image (height, width); empty if there is one shape only.
        layout: the colours of an image, in the order in which the program sees them; None if it is no image.
        scaling: what the program does to an image's values first, in order, like "mul 0.0078125".
        optional: whether an input may be left out.
    """

    name: str
    dtype: str
    shape: Shape | None
    allowed: str = ""
    layout: str | None = None
    scaling: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class OpCount:
    """How often an op occurs, nested blocks included; `known` is whether the reference runner executes it."""

    op: str
    count: int
    known: bool


@dataclass(frozen=True, slots=True)
class Weight:
    """A stored tensor: what lies in a weight file, has 10 elements or more, or is a part of a compressed weight.

    10 elements is where coremltools starts to use the weight file (`should_use_weight_file` in its mil/load.py).

    Attributes:
        name: of the constant; of a value that stands in an op, "op's output.parameter".
        dtype: MIL's name of its stored element type.
        shape: its sizes.
        bytes: as stored.
        op: the type of the first op that takes it, behind decompression; "nothing" if none does.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    bytes: int
    op: str


@dataclass(frozen=True, slots=True)
class Compression:
    """All weights that are compressed in one way.

    Attributes:
        kind: the op that gives the weight; behind " of " the one that gives its data, if that is one, too.
        bits: of a stored element of the data (of an index, in a palette); None where the op is not known.
        count: of weights.
        stored: bytes of all that they are made of: data, tables, scales, masks.
        expanded: bytes of what they give, in its declared type.
    """

    kind: str
    bits: int | None
    count: int
    stored: int
    expanded: int

    @property
    def ratio(self) -> float:
        """Expanded bytes over stored bytes."""
        return self.expanded / self.stored if self.stored else float("inf")


@dataclass(frozen=True, slots=True)
class Total:
    """Tensors of one kind, and their bytes."""

    kind: str
    count: int
    bytes: int


@dataclass(frozen=True, slots=True)
class FunctionCensus:
    """One function of a package.

    Attributes:
        name: its name.
        opset: like "CoreML7".
        inputs: in order; states are not among them.
        states: in order.
        outputs: in order.
        ops: most frequent first; constants and what decompresses weights are not among them.
        precision: MIL's element type → ops whose first output declares it, most frequent first.
        weights: largest first; a weight that two functions share is in both.
        compressed: in order of expanded bytes.
    """

    name: str
    opset: str
    inputs: tuple[Border, ...]
    states: tuple[Border, ...]
    outputs: tuple[Border, ...]
    ops: tuple[OpCount, ...]
    precision: tuple[tuple[str, int], ...]
    weights: tuple[Weight, ...]
    compressed: tuple[Compression, ...]

    @property
    def bytes(self) -> int:
        """Of all weights, as stored."""
        return sum(weight.bytes for weight in self.weights)

    @property
    def by_op(self) -> tuple[Total, ...]:
        """Weights by the type of op that takes them, largest first."""
        return _totals([(weight.op, weight.bytes) for weight in self.weights])

    @property
    def by_dtype(self) -> tuple[Total, ...]:
        """Weights by stored element type, largest first."""
        return _totals([(weight.dtype, weight.bytes) for weight in self.weights])


@dataclass(frozen=True, slots=True)
class Census:
    """A whole package.

    Attributes:
        path: its folder.
        bytes: of all its files.
        spec_version: see `MINIMUM_OS`.
        default_function: what runs if none is named.
        functions: in order of their names.
        metadata: author, license, version, short description and what else its maker wrote; empty ones left out.
    """

    path: Path
    bytes: int
    spec_version: int
    default_function: str
    functions: tuple[FunctionCensus, ...]
    metadata: Mapping[str, str]

    @property
    def minimum_os(self) -> str:
        """The oldest systems that load the package."""
        return MINIMUM_OS.get(self.spec_version, "not known")


def _totals(items: list[tuple[str, int]]) -> tuple[Total, ...]:
    counts, sizes = Counter(kind for kind, _ in items), Counter[str]()
    for kind, size in items:
        sizes[kind] += size
    return tuple(Total(kind, counts[kind], size) for kind, size in sorted(sizes.items(), key=lambda s: (-s[1], s[0])))
