"""What stands in the converters' way."""

from __future__ import annotations

from pathlib import Path

from deploykit.backends import BACKENDS
from deploykit.manifest import UnknownOp


def unknown_ops(program: Path, root: Path) -> tuple[UnknownOp, ...]:
    """The ops of a captured program that a converter does not know, each once per line, with those that lack it.

    Args:
        program: where the ExportedProgram is.
        root: of the user's project; paths are relative to it.
    """
    import torch

    from deploykit.prepare.rewriting import rewrite

    captured = torch.export.load(program)
    lacking: dict[UnknownOp, list[str]] = {}
    for name, backend in BACKENDS.items():
        rewritten, _ = rewrite(captured, backend.roads[0].rewrites)
        for op in backend.unknown(rewritten, root):
            lacking.setdefault(op, []).append(name)
    return tuple(op.model_copy(update={"backends": tuple(names)}) for op, names in lacking.items())
