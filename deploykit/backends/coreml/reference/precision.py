"""The four precisions that a program can be executed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch

from deploykit.backends.coreml.reference.dtypes import DType

Mode = Literal["rounded", "unrounded", "fp64", "pessimistic"]
"""`rounded`: fp32 maths, each op's output rounded to its declared type, as a device with wide accumulators does.
`unrounded`: fp32 maths and fp16 is never rounded; what is lost against it is lost to fp16's range and precision.
`fp64`: double throughout; what is lost in it is lost in the graph or in the stored weights.
`pessimistic`: as `rounded`, but where conv, linear, matmul and einsum have an fp16 result, their products are summed
with an fp16 accumulator, in blocks of 8. No vendor says how wide the Neural Engine's accumulators are; reverse
engineering says about fp32, which is `rounded`. A device that does worse than this mode has another fault: over 12
networks it cost 1.1 to 5.9 dB against `rounded` (coreml-on-linux.md section 3, "fp16 accumulation").
"""


@dataclass(frozen=True, slots=True)
class Precision:
    """How a mode carries floating point values.

    Attributes:
        compute: the type that every floating point tensor has between ops.
        rounds: whether values declared fp16 are rounded to fp16.
        narrow: whether sums of products with fp16 results are accumulated in fp16.
    """

    compute: torch.dtype
    rounds: bool
    narrow: bool = False

    @classmethod
    def of(cls, mode: Mode) -> Precision:
        """The precision of a mode."""
        if mode not in get_args(Mode):
            raise ValueError(f"the reference runner has no mode {mode!r}; it has {', '.join(get_args(Mode))}")
        narrow = mode == "pessimistic"
        return cls(torch.float64 if mode == "fp64" else torch.float32, mode == "rounded" or narrow, narrow)

    def carry(self, value: torch.Tensor) -> torch.Tensor:
        """Brings a stored or fed tensor to the type it has between ops; its value does not change."""
        return value.to(self.compute) if value.is_floating_point() else value

    def settle(self, value: torch.Tensor, declared: DType) -> torch.Tensor:
        """Brings an op's result to its declared type: rounds floats, truncates floats to integers."""
        if not declared.is_float:
            return value.to(declared.tensor)
        if self.rounds and declared.tensor is torch.float16:
            # Values stay in the compute type: one fp16 rounding per op, and the ops never see mixed types.
            value = value.to(torch.float16)
        return value if value.dtype is self.compute else value.to(self.compute)

    def border(self, declared: DType) -> torch.dtype:
        """The type in which an output declared so leaves the program."""
        if not declared.is_float:
            return declared.tensor
        return declared.tensor if self.rounds or self.compute is declared.tensor else self.compute
