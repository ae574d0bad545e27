"""What runs in a process of its own: capture, one lowering, one artifact's run.

Light to import, since the parent imports it, too: torch and the converters are imported inside the functions.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deploykit.backends import BACKENDS, RUNNERS
from deploykit.backends.base import LowerRequest, Runner
from deploykit.errors import ArtifactError, CaptureError
from deploykit.manifest import RoadRecord, Signature
from deploykit.parity.inputs import Draws, make_inputs
from deploykit.project import Entry, Project, bare_project
from deploykit.samples import Sample, read_samples
from deploykit.spec import Precision, Spec

if TYPE_CHECKING:
    import torch
    from torch import nn

    from deploykit.prepare.deployable import Deployable

SHOWN_SAMPLES = 8
GOLDENS = 3
BATCH_DRAWS = 8
GOLDEN_SIDE = 320
"""Golden pictures are shrunk to this side, in pixels: they travel in every app."""


@dataclass(frozen=True)
class ShownSample:
    """A sample for the report: its position among the draws of kind `samples`, and its picture."""

    draw: int
    name: str
    png: bytes


@dataclass(frozen=True)
class GoldenSample:
    """A picture for the SDK, and PyTorch's scores for it."""

    name: str
    png: bytes
    scores: tuple[float, ...]


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
        samples: tuple[Sample, ...] = ()
        if project.spec.build.samples is not None:
            samples = read_samples(project.spec.build.samples, root, contract, load_attribute)
            tensors = [sample.tensors(contract) for sample in samples]
            inputs["samples"] = {name: np.stack([t[name] for t in tensors]) for name in contract.inputs}
    with clock("prepare"):
        module = Deployable(network, contract)
        if project.spec.model.alive is not None:
            make_alive(network, _batch(module, inputs), project.spec.model.alive)
        example = {name: torch.from_numpy(value[0]) for name, value in inputs["random"].items()}
        prepared = tuple(prepare(example[name]) for name, prepare in module.inputs.items())
        outputs = by_name(exporting.run_once(network, prepared, root), tuple(contract.outputs))
        exporting.check_labels(contract, outputs)
    with clock("export"):
        program = exporting.export(module, example, root)
        torch.export.save(program, Captured.program(folder))
    with clock("reference"):
        with EagerRunner(module) as eager:
            reference = run_draws(eager, inputs)
            goldens = tuple(_golden(eager, s, project) for s in _golden_samples(samples, project))
        _save(folder / "inputs.npz", inputs)
        _save(folder / "fp32.npz", reference)
        for precision in ("fp64", "fp16"):
            if precision == "fp64" or precision in precisions:
                try:
                    with EagerRunner(module, precision) as yardstick:
                        _save(folder / f"{precision}.npz", run_draws(yardstick, inputs))
                except ArtifactError as error:
                    notes = (*notes, f"No {precision} noise floor: {str(error).splitlines()[0]}")
        named = dict(module(**example))
    return Captured(
        project=project,
        signature=exporting.signature(example, named),
        parameters=sum(p.numel() for p in network.parameters()),
        weights_sha256=weights_sha256(module),
        notes=notes,
        labels=tuple(s.label for s in samples),
        shown=tuple(ShownSample(samples.index(s), s.name, s.png()) for s in _pictures(_spread(samples, SHOWN_SAMPLES))),
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


def lower(backend: str, program: Path, request: LowerRequest) -> tuple[str | None, tuple[RoadRecord, ...], Path | None]:
    """Tries a backend's roads in order; gives the one that was kept, what each did, and the file.

    The first road that leads to a file ends the search: whether the file is right is judged on what it computes.
    """
    import torch

    exported = torch.export.load(program)
    kept: tuple[str | None, Path | None] = (None, None)
    records = []
    for name, _ in BACKENDS[backend].roads:
        if kept[0] is not None:
            records.append(RoadRecord(road=name, outcome="not tried", reason=f"{kept[0]} was kept"))
            continue
        start = time.monotonic()
        try:
            kept = name, BACKENDS[backend].road(name)(exported, request)
            records.append(RoadRecord(road=name, outcome="kept", seconds=_since(start)))
        except (
            Exception
        ) as error:  # a converter may raise anything; its traceback goes to the log, the reason to the report
            _print_traceback()
            first = (str(error).strip() or "no message").splitlines()[0]
            reason = f"{type(error).__name__}: {first}"
            records.append(RoadRecord(road=name, outcome="failed", reason=reason, seconds=_since(start)))
            for left in request.folder.iterdir():
                shutil.rmtree(left) if left.is_dir() else left.unlink()
    return kept[0], tuple(records), kept[1]


def count_ops(program: Path) -> dict[str, int]:
    """How often each ATen op is called in a saved ExportedProgram."""
    import torch

    calls = (node for node in torch.export.load(program).graph.nodes if node.op == "call_function")
    return dict(Counter(str(node.target) for node in calls))


def run(runner: str, artifact: Path, inputs: Path, outputs: Path) -> None:
    """Executes a saved artifact on every draw of every kind of input, and saves what it gave.

    Raises:
        ArtifactError: if the runner cannot open or execute it.
    """
    with RUNNERS[runner].open(artifact) as opened:
        _save(outputs, run_draws(opened, load(inputs)))


def run_draws(runner: Runner, inputs: dict[str, Draws]) -> dict[str, Draws]:
    """Runs every draw of every kind by itself, as an app would."""
    results: dict[str, Draws] = {}
    for kind, draws in inputs.items():
        count = len(next(iter(draws.values())))
        outputs = [runner.run({name: values[i] for name, values in draws.items()}) for i in range(count)]
        results[kind] = {name: np.stack([o[name] for o in outputs]) for name in outputs[0]}
    return results


def load(file: Path) -> dict[str, Draws]:
    """Reads draws by kind, as `capture` and `run` save them."""
    kinds: dict[str, Draws] = {}
    with np.load(file, allow_pickle=False) as arrays:
        for key in arrays.files:
            kind, name = key.split("/", 1)
            kinds.setdefault(kind, {})[name] = arrays[key]
    return kinds


def _save(file: Path, kinds: dict[str, Draws]) -> None:
    arrays: dict[str, Any] = {f"{kind}/{name}": value for kind, draws in kinds.items() for name, value in draws.items()}
    np.savez(file, **arrays)


def _golden_samples(samples: tuple[Sample, ...], project: Project) -> tuple[Sample, ...]:
    """Samples where the project has some, else one picture of seeded noise: an SDK never goes without."""
    from PIL import Image

    if project.contract.task != "image-classification":
        return ()
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    return _spread(samples, GOLDENS) or (Sample("noise", Image.fromarray(noise), None),)


def _golden(eager: Runner, sample: Sample, project: Project) -> GoldenSample:
    from PIL import Image, ImageOps

    if project.contract.task != "image-classification" or not isinstance(sample.value, Image.Image):
        raise CaptureError(f"sample {sample.name} is not a picture; {project.contract.task} takes pictures")
    picture = ImageOps.exif_transpose(sample.value)
    picture.thumbnail((GOLDEN_SIDE, GOLDEN_SIDE))
    small = Sample(sample.name, picture, sample.label)
    (scores,) = eager.run(small.tensors(project.contract)).values()
    return GoldenSample(Path(sample.name).stem, small.png(), tuple(float(s) for s in scores[0]))


def _spread(samples: tuple[Sample, ...], count: int) -> tuple[Sample, ...]:
    """The first sample of each label in turn, then the next ones, up to `count`."""
    seen: dict[int | None, int] = {}
    ranked = []
    for index, sample in enumerate(samples):
        rank = seen.get(sample.label, 0)
        seen[sample.label] = rank + 1
        ranked.append((rank, index, sample))
    return tuple(s for _, _, s in sorted(ranked, key=lambda r: r[:2])[:count])


def _pictures(samples: tuple[Sample, ...]) -> tuple[Sample, ...]:
    return tuple(s for s in samples if not isinstance(s.value, tuple))


def _batch(module: Deployable, inputs: dict[str, Draws]) -> tuple[torch.Tensor, ...]:
    """Some draws of every kind as one batch of the network's own inputs."""
    import torch

    draws = {name: np.concatenate([kind[name][:BATCH_DRAWS, 0] for kind in inputs.values()]) for name in module.inputs}
    return tuple(prepare(torch.from_numpy(draws[name])) for name, prepare in module.inputs.items())


def _since(start: float) -> float:
    return round(time.monotonic() - start, 3)


def _print_traceback() -> None:
    import traceback

    traceback.print_exc()


class _Clock:
    """Seconds of each part of a job."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, part: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self.seconds[part] = _since(start)
