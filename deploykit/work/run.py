"""One artifact on one runner, and how well it answers the project's samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploykit.backends import RUNNERS
from deploykit.outputs import OutputSpec
from deploykit.parity.inputs import SAMPLES, Draws
from deploykit.parity.metrics import Figures, sightings, task_figures
from deploykit.sightings import Sighting
from deploykit.truths import load_truths
from deploykit.work.draws import load, load_states, run_draws, save, taken


@dataclass(frozen=True)
class Asked:
    """What samples are measured by.

    Attributes:
        outputs: what each means.
        labels: how many the contract has.
        reference: the file of PyTorch's outputs.
        truths: the file of what is right.
        draws: of each kind of samples those that something can be said on.
        shown: samples whose boxes are wanted, at the default sizes.
        size: width and height of the picture that the artifact takes, if it takes one.
    """

    outputs: dict[str, OutputSpec]
    labels: int
    reference: Path
    truths: Path
    draws: dict[str, tuple[int, ...]]
    shown: tuple[int, ...] = ()
    size: tuple[int, int] | None = None


@dataclass(frozen=True)
class Measured:
    """How well an artifact answers.

    Attributes:
        figures: of the task, by kind of samples.
        seen: what PyTorch and the artifact see in the samples that are shown, by draw.
    """

    figures: dict[str, Figures] = field(default_factory=dict)
    seen: dict[int, tuple[Sighting, Sighting]] = field(default_factory=dict)


def run(runner: str, artifact: Path, inputs: Path, outputs: Path, asked: Asked | None = None) -> Measured:
    """Executes a saved artifact on every draw of every kind of input, saves what it gave, and measures it.

    Raises:
        ArtifactError: if the runner cannot open or execute it.
    """
    with RUNNERS[runner].open(artifact) as opened:
        made = run_draws(opened, load(inputs), load_states(inputs))
    save(outputs, made)
    return measured(made, asked) if asked is not None and asked.draws else Measured()


def measured(made: Mapping[str, Draws], asked: Asked) -> Measured:
    """What `run` measures of outputs, by kind of input."""
    reference, truths = load(asked.reference), load_truths(asked.truths)
    found = {}
    for kind, draws in asked.draws.items():
        wanted, got, known = taken(reference[kind], draws), taken(made[kind], draws), truths.get(kind, {})
        of_draws = {place: known[draw] for place, draw in enumerate(draws) if draw in known}
        found[kind] = task_figures(asked.outputs, asked.labels, wanted, got, of_draws)
    if asked.size is None or not found.get(SAMPLES):
        return Measured(found)
    wanted, got = (taken(values[SAMPLES], asked.shown) for values in (reference, made))
    seen = sightings(asked.outputs, asked.labels, wanted, got, asked.size)
    return Measured(found, dict(zip(asked.shown, seen, strict=False)))
