"""Which ops of an artifact make values that fp16 cannot hold."""

from __future__ import annotations

from dataclasses import dataclass, field

from deploykit.backends.coreml.reference.step import OpOutput

LARGEST = 65504.0
"""The largest finite fp16 number."""


@dataclass(frozen=True)
class Excess:
    """An op's output that is out of range, and the largest magnitude that it reached."""

    op: str
    output: str
    magnitude: float

    def __str__(self) -> str:
        return f"{self.op} `{self.output}` reaches {self.magnitude:.3g}"


@dataclass
class Ranges:
    """To be given to `ReferenceRunner.run` as `on_output`, in mode `unrounded`: there nothing is cut off."""

    largest: dict[tuple[str, str], float] = field(default_factory=dict)

    def __call__(self, output: OpOutput) -> None:
        if output.dtype != "FLOAT16" or not output.value.numel():
            return
        # An infinity in the unrounded mode is one that the model itself makes, for a mask.
        magnitudes = output.value.abs().nan_to_num(nan=0.0, posinf=0.0)
        key = output.op, output.name
        self.largest[key] = max(self.largest.get(key, 0.0), float(magnitudes.max()))

    @property
    def excesses(self) -> list[Excess]:
        """In the order of the program; the first is to blame."""
        return [Excess(op, name, size) for (op, name), size in self.largest.items() if size > LARGEST]
