"""What stands in the converters' way."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path

from deploykit.backends import BACKENDS
from deploykit.manifest import UnknownOp
from deploykit.work.lower import told


@dataclass(frozen=True)
class Knowledge:
    """What the converters say of a program before it is lowered.

    Attributes:
        lacking: the ops that a converter does not know, each once per line, with the backends that lack it.
        silent: backend → why its converter could not be asked.
    """

    lacking: tuple[UnknownOp, ...]
    silent: dict[str, str]


def ask_converters(program: Path, root: Path) -> Knowledge:
    """Asks every backend's converter for the ops of a captured program that it does not know.

    Args:
        program: where the ExportedProgram is.
        root: of the user's project; paths are relative to it.
    """
    import torch

    from deploykit.prepare.rewriting import rewrite

    captured = torch.export.load(program)
    lacking: dict[UnknownOp, list[str]] = {}
    silent: dict[str, str] = {}
    for name, backend in BACKENDS.items():
        try:
            rewritten, _ = rewrite(captured, backend.roads[0].rewrites)
            unknown = backend.unknown(rewritten, root)
        except Exception as error:
            # A converter's own decompositions may raise anything; the others can still be asked.
            traceback.print_exc()
            silent[name] = told(error)
            continue
        for op in unknown:
            lacking.setdefault(op, []).append(name)
    return Knowledge(tuple(op.model_copy(update={"backends": tuple(names)}) for op, names in lacking.items()), silent)
