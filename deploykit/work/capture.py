"""Source → ExportedProgram, test inputs, and what PyTorch makes of them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deploykit.calibration import KIND, calibration_draws, told
from deploykit.errors import ArtifactError, CaptureError
from deploykit.manifest import CalibrationRecord, PrepareRecord, Signature
from deploykit.parity.inputs import SAMPLES, Draws, export_sizes, make_inputs, nudged, random_draws
from deploykit.precisions import NOISE, SCHEMES, Precision
from deploykit.project import Entry, Project, bare_project
from deploykit.samples import Sample, read_samples
from deploykit.sizes import sized
from deploykit.spec import Contract, InputSpec, Spec
from deploykit.truths import Truth, label_of, save_truths
from deploykit.work.draws import run_draws, save
from deploykit.work.pictures import GoldenSample, ShownSample, golden, golden_samples, shown_samples
from deploykit.work.sampled import check_truths, sample_draws

if TYPE_CHECKING:
    import torch
    from torch import nn

    from deploykit.backends.base import Runner
    from deploykit.prepare.deployable import Deployable
    from deploykit.prepare.detection import Cut

BATCH_DRAWS = 8
CHECKED_DRAWS = (0, 3, -1)
"""Of the random draws: what passes over the network are checked on, beside the first sample."""
CALIBRATION = "calibration.npz"
TRUTHS = "truths.npz"
CUT = "cut"
"""The name of its record."""
CUT_DB = 100.0
"""At float32: a cut runs the same ops as the whole, so it is not even off by roundings."""


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
    calibration: CalibrationRecord | None = None
    """What ranges of int8 activations are read from, where an artifact is to have some."""
    prepared: tuple[PrepareRecord, ...] = ()
    """What was done to the network before torch.export, in order; the reference outputs are without it."""

    @staticmethod
    def program(folder: Path) -> Path:
        """Where the ExportedProgram is."""
        return folder / "program.pt2"


def calibration_for(precision: Precision, folder: Path) -> Path | None:
    """Where the inputs are that a precision's ranges of activations are read from, if it has such."""
    return folder / CALIBRATION if SCHEMES[precision].calibrated else None


def capture(source: Project | Entry, precisions: tuple[Precision, ...], folder: Path) -> Captured:
    """Source → ExportedProgram, example inputs and reference outputs, all saved in `folder`.

    Args:
        source: a project, or just an entry, whose contract is then made by looking at the model.
        precisions: for which noise floors are wanted, too.
        folder: gets `program.pt2`, `inputs.npz`, `fp32.npz` (the reference) and, where PyTorch can do it,
            `fp64.npz` and `fp16.npz`, and `nudged.npz`: of inputs moved by a rounding error (the yardsticks);
            `truths.npz`: what is right for samples; and `calibration.npz`, where a precision needs it.

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
        loaded = load_network(source)
        project, notes = loaded.project, loaded.notes
        contract, root = project.contract, project.root
        inputs = make_inputs(contract)
    with clock("prepare"):
        module = Deployable(loaded.reference, contract)
        example = _example(contract, inputs)
        outputs = by_name(
            exporting.run_once(loaded.reference, _draw(module, inputs, "random"), root), tuple(contract.outputs)
        )
        exporting.check_meanings(contract, outputs)
        given = {name: torch.from_numpy(values[0]) for name, values in inputs["random"].items()}
        exporting.check_states(contract, given, outputs)
        labels: tuple[int | None, ...] = ()
        samples: tuple[Sample, ...] = ()
        truths: dict[str, list[Truth]] = {}
        if project.spec.build.samples is not None:
            samples = read_samples(project.spec.build.samples, root, contract, load_attribute)
            check_truths(samples, contract, outputs)
            drawn, truths = sample_draws(samples, contract)
            labels = tuple(label_of(truth) for truth in truths.get(SAMPLES, ()))
            inputs |= drawn
        save_truths(folder / TRUTHS, truths)
        calibrated = None
        if any(SCHEMES[precision].calibrated for precision in precisions):
            draws, calibrated = calibration_draws(project, samples, inputs["random"], load_attribute)
            save(folder / CALIBRATION, {KIND: draws})
            notes = (*notes, NOISE if calibrated.noise else told(calibrated))
        if project.spec.model.alive is not None:
            make_alive(loaded.network, _batch(module, inputs), project.spec.model.alive)
        network, prepared = _passes(loaded, module, inputs)
    with clock("export"):
        try:
            program = exporting.export(Deployable(network, contract), example, root, contract)
        except CaptureError as error:
            if not any(record.outcome == "applied" for record in prepared if record.name != CUT):
                raise
            program = exporting.export(Deployable(loaded.network, contract), example, root, contract)
            prepared = tuple(_undone(record, error) for record in prepared)
        torch.export.save(program, Captured.program(folder))
    with clock("reference"):
        with EagerRunner(module) as eager:
            reference = _reference(eager, inputs, contract)
            moved = nudged(contract, {kind: draws for kind, draws in inputs.items() if not kind.startswith("samples")})
            save(folder / "nudged.npz", run_draws(eager, moved, contract.states))
            goldens = tuple(golden(eager, s, contract) for s in golden_samples(samples, inputs, contract))
        save(folder / "inputs.npz", inputs, contract.states)
        save(folder / "fp32.npz", reference)
        for precision in ("fp64", "fp16"):
            if precision == "fp64" or any(each != "fp32" for each in precisions):
                try:
                    with EagerRunner(module, precision) as yardstick:
                        save(folder / f"{precision}.npz", run_draws(yardstick, inputs, contract.states))
                except ArtifactError as error:
                    notes = (*notes, f"No {precision} noise floor: {str(error).splitlines()[0]}")
        named = {name: torch.from_numpy(values[0]) for name, values in reference["random"].items()}
    return Captured(
        project=project,
        signature=exporting.signature(given, named, contract, program),
        parameters=sum(p.numel() for p in loaded.network.parameters()),
        weights_sha256=weights_sha256(module),
        notes=notes,
        labels=labels,
        shown=shown_samples(samples, contract),
        goldens=goldens,
        seconds=clock.seconds,
        calibration=calibrated,
        prepared=prepared,
    )


@dataclass(frozen=True)
class Loaded:
    """A network with its weights, in eval mode.

    Attributes:
        project: what it is for.
        network: to be exported: cut off where what follows cannot be.
        reference: takes and gives the same, by the original network's own code.
        cut: what was cut off, in one line; empty where nothing was.
        notes: what a reader of the report has to know.
    """

    project: Project
    network: nn.Module
    reference: nn.Module
    cut: str
    notes: tuple[str, ...]


def load_network(source: Project | Entry) -> Loaded:
    """The network with its weights, and its project.

    Raises:
        UserError: if the entry or the weights are wrong.
    """
    from deploykit.capture import export as exporting
    from deploykit.capture import infer
    from deploykit.capture.sources import load_source
    from deploykit.capture.weights import load_weights, refuse_nan
    from deploykit.prepare.deployable import named_tensors
    from deploykit.prepare.passes.branches import training_outputs

    model, root = source.spec.model if isinstance(source, Project) else source.model, source.root
    loaded = load_source(model.entry, root)
    network = loaded.module.eval()
    if model.weights is not None:
        load_weights(network, root / model.weights)
    refuse_nan(network)
    notes: tuple[str, ...] = ()
    if isinstance(source, Project):
        project = source
        exporting.check_examples(project.contract, loaded.example_inputs)
        cut = cut_off(network, zeros_of(project.contract))
    else:
        examples = infer.example_inputs(loaded, model.entry)
        cut = cut_off(network, examples)
        source_of_names = loaded if cut is None else replace(loaded, module=cut.network)
        outputs = named_tensors(exporting.run_once(cut.reference if cut else network, examples, root))
        for name in training_outputs(network, tuple(outputs)):
            outputs.pop(name)
            notes += (f"The output {name} is left out: only training needs it. A deploykit.toml can name it.",)
        project = bare_project(source, infer.generic_spec(model, source_of_names, outputs))
    if model.alive is not None:
        notes += (
            "The weights are random, made alive (varied norms, scaled head): its answers mean nothing, its numbers do.",
        )
    elif not loaded.trained and model.weights is None:
        notes += ("The weights are random: the model was not given any.",)
    if cut is None:
        return Loaded(project, network, network, "", notes)
    return Loaded(project, cut.network, cut.reference, cut.what, (*notes, f"Cut: {cut.what}."))


def cut_off(network: nn.Module, inputs: tuple[torch.Tensor, ...]) -> Cut | None:
    """Where a network says that it is cut, or where a detector's dense heads end; None for all others."""
    from deploykit.prepare.detection import detector_cut, own_cut

    return own_cut(network) or detector_cut(network, inputs)


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
    cut = cut_off(loaded.module.eval(), examples)
    loaded = loaded if cut is None else replace(loaded, module=cut.network)
    outputs = named_tensors(exporting.run_once(loaded.module, examples, entry.root))
    shapes = [tuple(output.shape) for output in outputs.values()]
    if loaded.picture is not None and len(shapes) == 1 and len(shapes[0]) == 2:
        return infer.classifier_spec(model, loaded.picture), shapes[0][1]
    return infer.generic_spec(model, loaded, outputs), 0


def count_ops(program: Path) -> dict[str, int]:
    """How often each ATen op is called in a saved ExportedProgram."""
    import torch

    calls = (node for node in torch.export.load(program).graph.nodes if node.op == "call_function")
    return dict(Counter(str(node.target) for node in calls))


def _passes(
    loaded: Loaded, module: Deployable, inputs: dict[str, Draws]
) -> tuple[nn.Module, tuple[PrepareRecord, ...]]:
    """The network as it is exported, and what was done to it."""
    from deploykit.prepare.agreement import agreement, outputs, shown
    from deploykit.prepare.passing import prepare

    draws = [_draw(module, inputs, "random", index) for index in CHECKED_DRAWS]
    draws += [_draw(module, inputs, "samples")] if "samples" in inputs else []
    records: tuple[PrepareRecord, ...] = ()
    if loaded.cut:
        start = time.monotonic()
        snr = agreement(outputs(loaded.reference, draws), outputs(loaded.network, draws))
        if not snr > CUT_DB:
            raise CaptureError(f"{loaded.cut}; but what it gives is {snr:.1f} dB off from what the original gives")
        took = round(time.monotonic() - start, 3)
        records = (PrepareRecord(name=CUT, outcome="applied", what=loaded.cut, snr_db=shown(snr), seconds=took),)
    network, done = prepare(loaded.network, draws, wanted=tuple(module.outputs))
    return network, (*records, *done)


def _undone(record: PrepareRecord, error: CaptureError) -> PrepareRecord:
    if record.outcome != "applied" or record.name == CUT:
        return record
    what = f"{record.what}; left out with all others: {str(error).splitlines()[0]}"
    return record.model_copy(update={"outcome": "dropped", "what": what})


def _draw(module: Deployable, inputs: dict[str, Draws], kind: str, index: int = 0) -> tuple[torch.Tensor, ...]:
    """One draw as the network's own inputs."""
    import torch

    return tuple(prepare(torch.from_numpy(inputs[kind][name][index])) for name, prepare in module.inputs.items())


def zeros_of(contract: Contract) -> tuple[torch.Tensor, ...]:
    """Inputs of the shapes and types that the network takes."""
    import torch

    def zeros(spec: InputSpec) -> torch.Tensor:
        return torch.zeros(sized(spec.network_shape, contract.default_sizes), dtype=getattr(torch, spec.dtype))

    return tuple(map(zeros, contract.inputs.values()))


def _example(contract: Contract, inputs: dict[str, Draws]) -> dict[str, torch.Tensor]:
    """What the model is exported with."""
    import torch

    sizes = export_sizes(contract)
    draws = inputs["random"] if sizes == contract.default_sizes else random_draws(contract, sizes, (None,))
    return {name: torch.from_numpy(values[0]) for name, values in draws.items()}


def _reference(eager: Runner, inputs: dict[str, Draws], contract: Contract) -> dict[str, Draws]:
    """What PyTorch makes of every draw.

    Raises:
        CaptureError: if the model does not take a size that the contract allows.
    """
    try:
        return run_draws(eager, inputs, contract.states)
    except ArtifactError as error:
        if not contract.dims:
            raise
        allowed = ", ".join(f"{name}: {dim}" for name, dim in contract.dims.items())
        raise CaptureError(
            f"the model does not take every size that the contract allows ({allowed}): {error}\n"
            "  Narrow the range in [dim], or give multiple_of or values"
        ) from error


def _batch(module: Deployable, inputs: dict[str, Draws]) -> tuple[torch.Tensor, ...]:
    """Some draws of every kind as one batch of the network's own inputs."""
    import torch

    shapes = {name: values.shape[1:] for name, values in inputs["random"].items()}
    kinds = [kind for kind in inputs.values() if {name: values.shape[1:] for name, values in kind.items()} == shapes]
    draws = {name: np.concatenate([kind[name][:BATCH_DRAWS, 0] for kind in kinds]) for name in module.inputs}
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
