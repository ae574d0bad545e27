"""The precisions that an artifact can have, as data.

What each of them means is the same on every backend; which backend has which, and by which tool, is in
`deploykit.backends`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Precision = Literal[
    "fp32",
    "fp16",
    "int8",
    "int8-dynamic",
    "int8-weights",
    "int4-weights",
    "palette-8",
    "palette-6",
    "palette-4",
    "palette-3",
    "palette-2",
    "palette-1",
    "sparse",
]
"""From the most exact to the smallest: where none is preferred, they are told in this order."""


@dataclass(frozen=True)
class Scheme:
    """What a precision does to a network's numbers.

    Attributes:
        bits: of a weight.
        weights: `float`; `linear`: integers with a scale for each output channel, symmetric; `palette`: indices into
            2 ** bits values found by k-means; `sparse`: zeros are left out, the others kept as they are.
        activations: `float`; `dynamic`: what a layer with weights is given is made int8 by its own range at run time;
            `calibrated`: tensors are int8 by ranges that were seen on calibration inputs.
        block: input channels that share a scale in a dense layer; None: all of an output channel.
    """

    bits: int
    weights: Literal["float", "linear", "palette", "sparse"] = "float"
    activations: Literal["float", "dynamic", "calibrated"] = "float"
    block: int | None = None

    @property
    def quantized(self) -> bool:
        """Whether it is more than another width of floating point: made from a float file, by a tool of its own."""
        return self.weights != "float"

    @property
    def calibrated(self) -> bool:
        """Whether it takes ranges of activations, which are read from inputs."""
        return self.activations == "calibrated"


FP16_MAX = 65504.0
"""The largest number of IEEE 754 binary16: what is larger becomes infinite."""

FP16_TINY = 2.0**-24
"""The smallest number above 0 that fp16 has, 6e-8 (IEEE 754-2019, binary16); half of it is rounded to 0."""

SCHEMES: dict[Precision, Scheme] = {
    "fp32": Scheme(32),
    "fp16": Scheme(16),
    "int8": Scheme(8, "linear", "calibrated"),
    "int8-dynamic": Scheme(8, "linear", "dynamic"),
    "int8-weights": Scheme(8, "linear"),
    "int4-weights": Scheme(4, "linear", block=32),
    "palette-8": Scheme(8, "palette"),
    "palette-6": Scheme(6, "palette"),
    "palette-4": Scheme(4, "palette"),
    "palette-3": Scheme(3, "palette"),
    "palette-2": Scheme(2, "palette"),
    "palette-1": Scheme(1, "palette"),
    "sparse": Scheme(16, "sparse"),
}

NOISE = (
    "The ranges of int8 activations are read from random noise, since the project has no samples: what an app gives "
    "may well lie outside. Name some in [quantize] samples, a hundred are plenty."
)
"""What a build says where ranges had to be read from random inputs."""
