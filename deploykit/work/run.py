"""One artifact on one runner."""

from __future__ import annotations

from pathlib import Path

from deploykit.backends import RUNNERS
from deploykit.work.draws import load, load_states, run_draws, save


def run(runner: str, artifact: Path, inputs: Path, outputs: Path) -> None:
    """Executes a saved artifact on every draw of every kind of input, and saves what it gave.

    Raises:
        ArtifactError: if the runner cannot open or execute it.
    """
    with RUNNERS[runner].open(artifact) as opened:
        save(outputs, run_draws(opened, load(inputs), load_states(inputs)))
