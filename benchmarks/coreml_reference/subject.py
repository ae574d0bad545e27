"""One model of the list as deploykit sees it: captured, with inputs to try it on and what PyTorch makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils import _pytree as pytree

from benchmarks.coverage import MODELS, alive, draws
from deploykit.backends.base import LowerRequest, Tensors
from deploykit.backends.eager import EagerRunner
from deploykit.capture.export import export, signature
from deploykit.capture.infer import generic_spec
from deploykit.capture.sources import Source
from deploykit.errors import ArtifactError, CaptureError
from deploykit.manifest import Signature
from deploykit.parity.inputs import Draws
from deploykit.precisions import Precision
from deploykit.prepare.deployable import Deployable, named_tensors
from deploykit.project import Entry, bare_project
from deploykit.spec import ModelSpec

DRAWS = 4
"""Inputs that each artifact is tried on."""


class Flat(nn.Module):
    """Gives all tensors of a nested result as one tuple: a detector gives a list of dicts."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        leaves, _ = pytree.tree_flatten(self.model(*inputs))
        return tuple(leaf for leaf in leaves if isinstance(leaf, torch.Tensor))


@dataclass(frozen=True)
class Subject:
    """A captured model.

    Attributes:
        name: in the list.
        module: takes and gives tensors by name.
        program: exported.
        signature: at an artifact's border.
        inputs: the draws.
        reference: what eager PyTorch gives at fp32.
    """

    name: str
    module: Deployable
    program: torch.export.ExportedProgram
    signature: Signature
    inputs: Draws
    reference: Draws

    def wide(self) -> Draws | None:
        """What eager PyTorch gives at fp64, or None where it cannot: some models make fp32 tensors inside."""
        try:
            return run(EagerRunner(self.module, "fp64"), self.inputs)
        except ArtifactError:
            return None

    def request(self, precision: Precision, folder: Path) -> LowerRequest:
        """What a road is asked for; makes the folder."""
        folder.mkdir(parents=True)
        return LowerRequest(self.name, "1.0", None, precision, {"min_os": "17.0"}, self.signature, folder, Path.cwd())


def capture(name: str) -> Subject:
    """Makes and exports a model of the list.

    Raises:
        CaptureError: if torch.export refuses it.
    """
    torch.manual_seed(0)
    return subject_of(name, *MODELS[name]())


def subject_of(name: str, network: nn.Module, examples: tuple[torch.Tensor, ...]) -> Subject:
    """Exports any model, made alive, that takes these inputs.

    Raises:
        CaptureError: if torch.export refuses it.
    """
    module, inputs = _deployable(name, network, examples)
    example = {key: torch.from_numpy(value[0]) for key, value in inputs.items()}
    program = export(module, example, Path.cwd())
    reference = run(EagerRunner(module), inputs)
    outputs = {key: torch.from_numpy(value[0]) for key, value in reference.items()}
    return Subject(name, module, program, signature(example, outputs), inputs, reference)


def run(runner: Any, inputs: Draws, **options: Any) -> Draws:
    """Runs every draw by itself, as an app would."""
    outputs: list[Tensors] = [runner.run(one, **options) for one in each(inputs)]
    return {key: np.stack([output[key] for output in outputs]) for key in outputs[0]}


def each(inputs: Draws) -> list[Tensors]:
    """The draws one by one."""
    count = len(next(iter(inputs.values())))
    return [{key: np.ascontiguousarray(value[i]) for key, value in inputs.items()} for i in range(count)]


def _deployable(name: str, network: nn.Module, examples: tuple[torch.Tensor, ...]) -> tuple[Deployable, Draws]:
    """The network, made alive, as a module that takes and gives tensors by name; and its draws."""
    alive(network, examples)
    with torch.inference_mode():
        result = network(*examples)
    try:
        outputs = named_tensors(result)
    except CaptureError:
        network = Flat(network).eval()
        with torch.inference_mode():
            outputs = named_tensors(network(*examples))
    model = ModelSpec(entry=f"benchmarks.coverage:{name}")
    spec = generic_spec(model, Source(network, examples, trained=False), outputs)
    module = Deployable(network, bare_project(Entry(Path.cwd(), model), spec).contract)
    tried = draws(examples, DRAWS)
    # int64 travels as int32: phones have no int64 inputs.
    stacked = [torch.stack(column).numpy() for column in zip(*tried, strict=True)]
    inputs = {
        key: value.astype(np.int32) if value.dtype == np.int64 else value
        for key, value in zip(module.inputs, stacked, strict=True)
    }
    return module, inputs
