"""Control flow: ops that execute the blocks within them."""

from __future__ import annotations

import torch

from deploykit.backends.coreml.reference.ops.arguments import Arguments
from deploykit.backends.coreml.reference.values import Value
from deploykit.errors import ArtifactError


def cond(a: Arguments) -> tuple[Value, ...]:
    """What the first block gives if pred is true, else what the second gives. [iOS15.control_flow.cond]."""
    return tuple(a.block(0 if a.flag("pred") else 1)())


def while_loop(a: Arguments) -> tuple[Value, ...]:
    """loop_vars = body(loop_vars) (second block) while cond(loop_vars) (first). [iOS15.control_flow.while_loop]."""
    condition, body = a.block(0), a.block(1)
    variables = list(a.every("loop_vars"))
    while _true(a.op, condition(*variables)):
        variables = body(*variables)
    return tuple(variables)


def _true(op: str, results: list[Value]) -> bool:
    if len(results) != 1 or not isinstance(results[0], torch.Tensor) or results[0].numel() != 1:
        raise ArtifactError(f"{op}: the condition's block does not give one boolean; the file is damaged")
    return bool(results[0].item())
