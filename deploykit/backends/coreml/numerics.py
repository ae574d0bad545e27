"""Where an fp16 package loses its numbers: values beyond fp16's range, and the signal-to-noise ratio after each op.

Both come from the reference runner's intermediates; they say which op is to blame for a bad verdict.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from deploykit.backends.base import Inside, Tensors
from deploykit.backends.coreml.reference import OpOutput, ReferenceRunner
from deploykit.backends.fp16_range import Fp16Range
from deploykit.manifest import OpRecord

SNR_CAP_DB = 200.0
"""What values that rounding does not change are given."""

BLAMED_DB = 6.0
"""An op that doubles the noise of what it is given is to blame; less than that is fp16's ordinary price."""


@dataclass(frozen=True, slots=True)
class _Op:
    """What is kept of an op's output."""

    op: str
    name: str
    operands: tuple[str, ...]
    value: torch.Tensor


def look_inside(package: Path, draws: Sequence[Tensors], origins: dict[str, str]) -> Inside:
    """Runs a package without rounding and with it, and compares op by op.

    Args:
        package: a saved `.mlpackage`.
        draws: inputs; the range is looked at on all of them, the error curve on the first.
        origins: name of an op of the program that was lowered → its line in the model.

    Returns:
        The ops whose fp16 outputs exceed fp16's range, and those that vanish below it; the error curve; the op that
        loses most.

    Raises:
        ArtifactError: if the package cannot be executed.
    """
    held = Fp16Range()
    exact: dict[str, _Op] = {}
    with ReferenceRunner(package, "unrounded") as runner:
        for number, draw in enumerate(draws):

            def watch(made: OpOutput, keep: bool = number == 0) -> None:
                if made.dtype == "FLOAT16":
                    held.see(made.op, made.name, made.value.numpy())
                if keep and made.value.is_floating_point():
                    exact[made.name] = _Op(made.op, made.name, made.operands, made.value)

            runner.run(draw, on_output=watch)
        outputs = [item.name for item in runner.outputs]
    curve: dict[str, OpRecord] = {}

    def compare(made: OpOutput) -> None:
        if made.name in exact:
            ratio = _snr_db(exact[made.name].value, made.value)
            curve[made.name] = OpRecord(op=made.op, output=made.name, snr_db=round(ratio, 1))

    with ReferenceRunner(package, "rounded") as runner:
        runner.run(draws[0], on_output=compare)
    names = _Names(list(exact.values()), origins)
    worst = _costliest(exact, curve, outputs)
    return Inside(
        overflows=tuple(map(names.with_origin, held.overflows())),
        underflows=tuple(map(names.with_origin, held.underflows())),
        curve=tuple(curve.values()),
        costliest=None if worst is None else names.with_origin(curve[worst]),
    )


def _snr_db(exact: torch.Tensor, rounded: torch.Tensor) -> float:
    """10·log10(Σ exact² / Σ (exact - rounded)²) over finite exact values; -`SNR_CAP_DB` if one became infinite."""
    finite = exact.isfinite()
    want, got = exact[finite].double(), rounded[finite].double()
    noise = float((want - got).square().sum())
    if noise == 0.0:
        return SNR_CAP_DB
    signal = float(want.square().sum())
    if not math.isfinite(noise) or signal == 0.0:
        return -SNR_CAP_DB
    return min(max(10 * math.log10(signal / noise), -SNR_CAP_DB), SNR_CAP_DB)


def _costliest(exact: dict[str, _Op], curve: dict[str, OpRecord], outputs: Sequence[str]) -> str | None:
    """The op that costs the worst output most, if that is `BLAMED_DB` or more and not made good after it.

    From the output backwards along the operands with the least signal-to-noise. A loss that later ops cancel (the two
    halves of a hardswish) does not count: an op's loss is measured on the best figure between it and the output.
    """
    reached = [name for name in outputs if name in curve]
    if not reached:
        return None
    name: str | None = min(reached, key=lambda o: _ratio(curve, o))
    path = []
    while name is not None and name in curve:
        path.append(name)
        operands = [operand for operand in exact[name].operands if operand in curve]
        name = min(operands, key=lambda o: _ratio(curve, o), default=None)
    best, kept = -math.inf, []
    for step in path:
        best = max(best, _ratio(curve, step))
        kept.append(best)
    losses = [before - after for after, before in zip(kept, [*kept[1:], SNR_CAP_DB], strict=True)]
    # Where the path starts, any rounding at all is a loss of more than 100 dB: the first op is not to blame for that.
    worst = max(range(len(path) - 1), key=losses.__getitem__, default=None)
    return path[worst] if worst is not None and losses[worst] >= BLAMED_DB else None


def _ratio(curve: dict[str, OpRecord], name: str) -> float:
    ratio = curve[name].snr_db
    return SNR_CAP_DB if ratio is None else ratio


class _Names:
    """Ops of the file by the names that they had in the lowered program."""

    def __init__(self, ops: Sequence[_Op], origins: dict[str, str]) -> None:
        self._origins = origins
        self._order = [op.name for op in ops]

    def with_origin(self, record: OpRecord) -> OpRecord:
        """The record with the line of the model that the op comes from.

        Passes of the converter make ops of their own for one op of the program; theirs is the next known line.
        """
        start = self._order.index(record.output) if record.output in self._order else len(self._order)
        for name in (record.output, *self._order[start : start + 4]):
            for candidate in _candidates(name):
                if candidate in self._origins:
                    return record.model_copy(update={"origin": self._origins[candidate]})
        return record


def _candidates(name: str) -> tuple[str, ...]:
    """`matmul_1_cast_fp16_0` → itself, `matmul_1`: coremltools appends what its passes did."""
    base = name.split("_cast_fp", 1)[0]
    return (name, base, base.rpartition("_")[0])
