"""One artifact on one runner, and how well it answers the project's samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from deploykit.backends import RUNNERS
from deploykit.errors import RunnerLimitError, RunnerStoppedError
from deploykit.manifest import GpuRecord
from deploykit.outputs import OutputSpec
from deploykit.parity.inputs import SAMPLES, Draws
from deploykit.parity.metrics import Figures, sightings, task_figures
from deploykit.sightings import Sighting
from deploykit.truths import load_truths
from deploykit.work.draws import fewer, load, load_states, run_draws, save, taken

NOTHING: Mapping[str, str] = MappingProxyType({})


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
        gpu: where it ran, if on a GPU.
        limit: why the runner gave nothing, where the artifact is not to blame.
        parts: what the runner's engine said of the parts that it made of the file.
    """

    figures: dict[str, Figures] = field(default_factory=dict)
    seen: dict[int, tuple[Sighting, Sighting]] = field(default_factory=dict)
    gpu: GpuRecord | None = None
    limit: str = ""
    parts: str = ""


def run(
    runner: str,
    artifact: Path,
    inputs: Path,
    outputs: Path,
    asked: Asked | None = None,
    told: Mapping[str, str] = NOTHING,
) -> Measured:
    """Executes a saved artifact on every draw of every kind of input, saves what it gave, and measures it.

    Args:
        runner: of `RUNNERS`.
        artifact: a file or package.
        inputs: the file of draws.
        outputs: where what it gave is saved.
        asked: what samples are measured by; a runner that is given few of them is not measured.
        told: the runner's options.

    Raises:
        ArtifactError: if the runner cannot open or execute it.
        RunnerStoppedError: if it takes too long.
    """
    entry = RUNNERS[runner]
    try:
        with entry.open(artifact, **told) as opened:
            draws = {kind: fewer(kind, given, entry.most_draws) for kind, given in load(inputs).items()}
            made = run_draws(opened, draws, load_states(inputs))
            gpu, parts = opened.residency(), opened.parts()
    except RunnerStoppedError:
        raise  # another time it may come to an end
    except RunnerLimitError as error:
        return Measured(limit=str(error))
    save(outputs, made)
    if asked is None or not asked.draws or entry.most_draws is not None:
        return Measured(gpu=gpu, parts=parts)
    return replace(measured(made, asked), gpu=gpu, parts=parts)


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
