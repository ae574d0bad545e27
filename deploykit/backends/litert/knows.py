"""What litert-torch has a lowering for."""

from __future__ import annotations

from pathlib import Path

import torch
from litert_torch import fx_infra
from litert_torch.backend.lowerings.registry import lookup

from deploykit.backends.knowledge import unknown_ops
from deploykit.manifest import UnknownOp


def unknown(program: torch.export.ExportedProgram, root: Path) -> tuple[UnknownOp, ...]:
    """The calls that it has none for, after its own decompositions; see `unknown_ops`."""
    decomposed = fx_infra.safe_run_decompositions(program, fx_infra.decomp.pre_lower_decomp(), can_skip=False)
    return unknown_ops(program, decomposed, lambda node: lookup(node.target) is not None, root)
