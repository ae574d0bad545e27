"""Source → ExportedProgram, test inputs, and what PyTorch makes of them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deploykit.errors import ArtifactError
from deploykit.manifest import Signature
from deploykit.parity.inputs import Draws, make_inputs
from deploykit.project import Entry, Project, bare_project
from deploykit.samples import Sample, read_samples
from deploykit.spec import Precision, Spec
from deploykit.work.draws import run_draws, save
from deploykit.work.pictures import GoldenSample, ShownSample, golden, golden_samples, shown_samples

if TYPE_CHECKING:
    import torch
    from torch import nn

    from deploykit.prepare.deployable import Deployable

BATCH_DRAWS = 8


@dataclass(frozen=True)
class Captured:
    """What is known of a model once it was captured; the program and the tensors are in `folder`."""

    project: Project
    signature: Signature
    parameters: int
    weights_sha256: str
    notes: tuple[str, ...]
    labels: tuple[int | None, ...]
    """The true label of each draw of kind `samples`."""
    shown: tuple[ShownSample, ...]
    goldens: tuple[GoldenSample, ...]
    seconds: dict[str, float]

    @staticmethod
    def program(folder: Path) -> Path:
        """Where the ExportedProgram is."""
        return folder / "program.pt2"


def capture(source: Project | Entry, precisions: tuple[Precision, ...], folder: Path) -> Captured:
    """Source → ExportedProgram, example inputs and reference outputs, all saved in `folder`.

    Args:
        source: a project, or just an entry, whose contract is then made by looking at the model.
        precisions: for which noise floors are wanted, too.
        folder: gets `program.pt2`, `inputs.npz`, `fp32.npz` (the reference) and, where PyTorch can do it,
            `fp64.npz` and `fp16.npz` (the yardsticks).

    Raises:
        UserError: if the entry, the weights, the samples or the model are not what the contract says.
    """
    import torch

    from deploykit.backends.eager import EagerRunner
    from deploykit.capture import export as exporting
    from deploykit.capture.sources import load_attribute
    from deploykit.capture.weights import weights_sha256
    from deploykit.prepare.alive import make_alive
    from deploykit.prepare.deployable import Deployable, by_name

    clock = _Clock()
    with clock("load"):
        project, network, notes = load_network(source)
        contract, root = project.contract, project.root
        inputs = make_inputs(contract)
    with clock("prepare"):
        module = Deployable(network, contract)
        example = {name: torch.from_numpy(value[0]) for name, value in inputs["random"].items()}
        prepared = tuple(prepare(example[name]) for name, prepare in module.inputs.items())
        outputs = by_name(exporting.run_once(network, prepared, root), tuple(contract.outputs))
        exporting.check_labels(contract, outputs)
        samples: tuple[Sample, ...] = ()
        if project.spec.build.samples is not None:
            samples = read_samples(project.spec.build.samples, root, contract, load_attribute)
            tensors = [sample.tensors(contract) for sample in samples]
            inputs["samples"] = {name: np.stack([t[name] for t in tensors]) for name in contract.inputs}
        if project.spec.model.alive is not None:
            make_alive(network, _batch(module, inputs), project.spec.model.alive)
    with clock("export"):
        program = exporting.export(module, example, root)
        torch.export.save(program, Captured.program(folder))
    with clock("reference"):
        with EagerRunner(module) as eager:
            reference = run_draws(eager, inputs)
            goldens = tuple(golden(eager, s, project) for s in golden_samples(samples, project))
        save(folder / "inputs.npz", inputs)
        save(folder / "fp32.npz", reference)
        for precision in ("fp64", "fp16"):
            if precision == "fp64" or precision in precisions:
                try:
                    with EagerRunner(module, precision) as yardstick:
                        save(folder / f"{precision}.npz", run_draws(yardstick, inputs))
                except ArtifactError as error:
                    notes = (*notes, f"No {precision} noise floor: {str(error).splitlines()[0]}")
        named = {name: torch.from_numpy(values[0]) for name, values in reference["random"].items()}
    return Captured(
        project=project,
        signature=exporting.signature(example, named),
        parameters=sum(p.numel() for p in network.parameters()),
        weights_sha256=weights_sha256(module),
        notes=notes,
        labels=tuple(s.label for s in samples),
        shown=shown_samples(samples),
        goldens=goldens,
        seconds=clock.seconds,
    )


def load_network(source: Project | Entry) -> tuple[Project, nn.Module, tuple[str, ...]]:
    """The network with its weights, in eval mode, its project, and what a reader of the report has to know.

    Raises:
        UserError: if the entry or the weights are wrong.
    """
    from deploykit.capture import export as exporting
    from deploykit.capture import infer
    from deploykit.capture.sources import load_source
    from deploykit.capture.weights import load_weights
    from deploykit.prepare.deployable import named_tensors

    model, root = source.spec.model if isinstance(source, Project) else source.model, source.root
    loaded = load_source(model.entry, root)
    network = loaded.module.eval()
    if model.weights is not None:
        load_weights(network, root / model.weights)
    if isinstance(source, Project):
        project = source
        exporting.check_examples(project.contract, loaded.example_inputs)
    else:
        examples = infer.example_inputs(loaded, model.entry)
        outputs = named_tensors(exporting.run_once(network, examples, root))
        project = bare_project(source, infer.generic_spec(model, loaded, outputs))
    notes: tuple[str, ...] = ()
    if model.alive is not None:
        notes = (
            "The weights are random, made alive (varied norms, scaled head): its answers mean nothing, its numbers do.",
        )
    elif not loaded.trained and model.weights is None:
        notes = ("The weights are random: the model was not given any.",)
    return project, network, notes


def propose(entry: Entry) -> tuple[Spec, int]:
    """A contract for a model that has none, and its number of classes (0 if it is no image classifier).

    What a model zoo says of its pictures is used; everything else is a plain tensor.

    Raises:
        UserError: if the entry is wrong, or its factory gives no example inputs.
    """
    from deploykit.capture import export as exporting
    from deploykit.capture import infer
    from deploykit.capture.sources import load_source
    from deploykit.prepare.deployable import named_tensors

    model = entry.model
    loaded = load_source(model.entry, entry.root)
    examples = infer.example_inputs(loaded, model.entry)
    outputs = named_tensors(exporting.run_once(loaded.module.eval(), examples, entry.root))
    shapes = [tuple(output.shape) for output in outputs.values()]
    if loaded.picture is not None and len(shapes) == 1 and len(shapes[0]) == 2:
        return infer.classifier_spec(model, loaded.picture), shapes[0][1]
    return infer.generic_spec(model, loaded, outputs), 0


def count_ops(program: Path) -> dict[str, int]:
    """How often each ATen op is called in a saved ExportedProgram."""
    import torch

    calls = (node for node in torch.export.load(program).graph.nodes if node.op == "call_function")
    return dict(Counter(str(node.target) for node in calls))


def _batch(module: Deployable, inputs: dict[str, Draws]) -> tuple[torch.Tensor, ...]:
    """Some draws of every kind as one batch of the network's own inputs."""
    import torch

    draws = {name: np.concatenate([kind[name][:BATCH_DRAWS, 0] for kind in inputs.values()]) for name in module.inputs}
    return tuple(prepare(torch.from_numpy(draws[name])) for name, prepare in module.inputs.items())


class _Clock:
    """Seconds of each part of a job."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, part: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self.seconds[part] = round(time.monotonic() - start, 3)
