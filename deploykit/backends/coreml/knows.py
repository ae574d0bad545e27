"""What coremltools' torch.export front end has a translation for."""

from __future__ import annotations

from pathlib import Path

import torch
from coremltools.converters.mil.frontend.torch import is_torch_fx_node_supported

from deploykit.backends.coreml import aten as aten  # registers ops
from deploykit.backends.coreml import recurrent as recurrent  # registers layers
from deploykit.backends.coreml.decompositions import decompositions
from deploykit.backends.knowledge import unknown_ops
from deploykit.manifest import UnknownOp


def unknown(program: torch.export.ExportedProgram, root: Path) -> tuple[UnknownOp, ...]:
    """The calls that it has none for, after the decompositions of its first road; see `unknown_ops`."""
    return unknown_ops(program, program.run_decompositions(decompositions()), is_torch_fx_node_supported, root)
