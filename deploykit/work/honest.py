"""PyTorch itself at a precision with integers."""

from __future__ import annotations

from pathlib import Path

from deploykit.calibration import KIND
from deploykit.precisions import Precision
from deploykit.work.draws import each, load, load_states, run_draws, save


def run_honestly(precision: Precision, program: Path, calibration: Path | None, inputs: Path, outputs: Path) -> None:
    """Runs the captured program with the numbers of a precision on every draw, and saves what it gave.

    Args:
        precision: one with integers, a palette or zeros.
        program: as `capture` saved it.
        calibration: inputs for ranges of activations, where the precision has such.
        inputs: draws by kind.
        outputs: gets what it gave.

    Raises:
        ArtifactError: if the program cannot be run with these inputs.
    """
    import torch

    from deploykit.backends.honest import HonestRunner

    given = list(each(load(calibration)[KIND])) if calibration else []
    with HonestRunner(torch.export.load(program), precision, given) as runner:
        save(outputs, run_draws(runner, load(inputs), load_states(inputs)))
