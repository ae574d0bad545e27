"""Which ATen ops are decomposed before coremltools sees a program: those that it lacks, or gets wrong.

What it knows stays whole, so that it can use Core ML's own op. What it knows is asked of its registry, not listed here:
another version of coremltools, or an op that we register, needs no change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from coremltools.converters.mil.frontend.torch.torch_op_registry import _TORCH_OPS_REGISTRY
from torch._decomp import decomposition_table

WRONG = {
    "aten::tril": "folds a mask of -inf to NaN: it subtracts a band from the whole",
    "aten::triu": "as tril",
    "aten::cosine_similarity": "asks for all 4 arguments, of which torch.export leaves out defaults",
    "aten::rms_norm": "asks for all 4 arguments",
    "aten::affine_grid_generator": "wants the sampler that follows, and refuses others",
}
"""Ops that coremltools 9.0 has a converter for, which fails or is wrong, and in which way."""


def decompositions() -> dict[Any, Callable[..., Any]]:
    """torch's decompositions of what coremltools lacks or gets wrong: op overload → function."""
    known = torch.export.default_decompositions()
    table = {**decomposition_table, **{op: known[op] for op in known}}
    return {op: function for op, function in table.items() if _is_wanted(op)}


def _is_wanted(op: Any) -> bool:
    name = op.name()
    return not name.startswith("aten::") or name.split(".")[0] in WRONG or _TORCH_OPS_REGISTRY.get_func(name) is None
