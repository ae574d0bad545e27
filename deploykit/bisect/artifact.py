"""Jobs: the artifact, made by a road where none is given, and run on every test input."""

from __future__ import annotations

from pathlib import Path

from deploykit.backends import BACKENDS, RUNNERS
from deploykit.backends.base import LowerRequest, Runner, Tensors
from deploykit.bisect.border import Border
from deploykit.manifest import Interface
from deploykit.work.draws import load, load_states, run_draws, save


def make(backend: str, road: str, program: Path, request: LowerRequest, bare: bool, lowered: Path) -> Path:
    """The file that a road makes.

    Args:
        backend: of the road.
        road: its name.
        program: the captured ExportedProgram.
        request: what the road is asked for.
        bare: whether the road's rewrites are left out.
        lowered: gets the program that the road was given.

    Raises:
        LoweringError: if the road cannot lower it.
    """
    import torch

    from deploykit.prepare.rewriting import rewrite
    from deploykit.work.lower import lowering

    entry = next(entry for entry in BACKENDS[backend].roads if entry.name == road)
    with lowering():
        prepared, _ = rewrite(torch.export.load(program), () if bare else entry.rewrites)
        torch.export.save(prepared, lowered)
        return entry.function(prepared, request)


def interface(backend: str, artifact: Path) -> Interface:
    """What a file says of its border.

    Raises:
        ArtifactError: if it cannot be read.
    """
    return BACKENDS[backend].read_interface(artifact)


def run(runner: str, artifact: Path, border: Border, inputs: Path, outputs: Path) -> None:
    """Executes a file on every draw, by the contract's names.

    Raises:
        ArtifactError: if the runner cannot open or execute it.
    """
    with RUNNERS[runner].open(artifact) as opened:
        save(outputs, run_draws(_Translated(opened, border), load(inputs), load_states(inputs)))


class _Translated(Runner):
    """A runner whose file has other names."""

    def __init__(self, runner: Runner, border: Border) -> None:
        self._runner, self._border = runner, border

    def run(self, inputs: Tensors) -> Tensors:
        """See `Runner.run`."""
        return self._border.back(self._runner.run(self._border.to_file(inputs)))
