"""The inside of an `.mlpackage`, while the reference runner executes it."""

from __future__ import annotations

from pathlib import Path

from deploykit.backends.base import Made, Tensors, Watch
from deploykit.backends.coreml.reference import OpOutput, ReferenceRunner

TYPES = {"BFLOAT16": "bfloat16"}
"""MIL's names of types that are not NumPy's in capitals."""


def follow(path: Path, inputs: Tensors, watch: Watch) -> Tensors:
    """See `Backend.follow`; a function with states starts with fresh ones."""

    def show(made: OpOutput) -> None:
        dtype = TYPES.get(made.dtype, made.dtype.lower())
        watch(Made(made.op, made.name, made.operands, dtype, made.value.numpy()))

    with ReferenceRunner(path) as runner:
        return runner.run(inputs, show, state=runner.make_state())
