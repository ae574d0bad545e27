"""Network + contract → checked example inputs → ExportedProgram."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from deploykit.capture.sources import explain
from deploykit.errors import CaptureError
from deploykit.manifest import Signature, TensorSpec
from deploykit.spec import Contract

DATA_DEPENDENT = (
    "\n  Shapes or branches of this model depend on its data. Give its network a method deploy_forward(), which takes"
    "\n  what forward() takes and ends before that part: it is built in its place, and the app does the rest"
)


def run_once(module: nn.Module, inputs: tuple[torch.Tensor, ...], root: Path) -> object:
    """Runs a network in eager mode, to see that it takes these inputs.

    Raises:
        CaptureError: naming the shapes that were given, torch's own words, and the line of the model.
    """
    try:
        with torch.no_grad():
            return module(*inputs)
    except Exception as error:
        raise CaptureError(f"the model does not take {_shapes(inputs)}: {explain(error, root)}") from error


def check_examples(contract: Contract, examples: tuple[torch.Tensor, ...] | None) -> None:
    """Compares the contract's inputs with the factory's own example inputs.

    Raises:
        CaptureError: naming every input whose number or shape differs, with both shapes.
    """
    if examples is None:
        return
    if len(examples) != len(contract.inputs):
        raise CaptureError(
            f"the contract has {len(contract.inputs)} input(s) ({', '.join(contract.inputs)}), "
            f"the factory's example_inputs {len(examples)}"
        )
    wrong = [
        f"input {name}: the contract gives the network {_dims(spec.network_shape)}, "
        f"its example input is {_dims(example.shape)}"
        for (name, spec), example in zip(contract.inputs.items(), examples, strict=True)
        if tuple(example.shape[1:]) != spec.network_shape[1:]
    ]
    if wrong:
        raise CaptureError("\n".join(wrong))


def check_labels(contract: Contract, outputs: dict[str, torch.Tensor]) -> None:
    """Compares the number of labels with the last dimension of every `scores` output.

    Raises:
        CaptureError: naming both numbers.
    """
    for name, spec in contract.outputs.items():
        if spec.type == "scores" and (outputs[name].dim() != 2 or outputs[name].shape[-1] != len(contract.labels)):
            raise CaptureError(
                f"output {name} is {_dims(outputs[name].shape)}, but there are {len(contract.labels)} labels; "
                f"it has to be 1×{len(contract.labels)}: one score a label"
            )


def export(module: nn.Module, inputs: dict[str, torch.Tensor], root: Path) -> torch.export.ExportedProgram:
    """Captures a module that takes tensors by name.

    Raises:
        CaptureError: if torch.export refuses the model, with its reason and the line of the model.
    """
    try:
        with torch.no_grad():
            return torch.export.export(module, args=(), kwargs=inputs, strict=False)
    except Exception as error:
        first = explain(error, root).strip().splitlines()
        remedy = DATA_DEPENDENT if "data-dependent" in str(error) else ""
        raise CaptureError(
            f"torch.export refuses the model: {first[0]}\n  {first[-1] if len(first) > 1 else ''}".rstrip() + remedy
        ) from error


def signature(inputs: dict[str, torch.Tensor], outputs: dict[str, torch.Tensor]) -> Signature:
    """Names, dtypes and shapes at the artifact's border."""
    return Signature(inputs=_specs(inputs), outputs=_specs(outputs))


def _specs(tensors: dict[str, torch.Tensor]) -> tuple[TensorSpec, ...]:
    return tuple(
        TensorSpec.model_validate({"name": n, "dtype": str(t.dtype).removeprefix("torch."), "shape": tuple(t.shape)})
        for n, t in tensors.items()
    )


def _dims(shape: tuple[int, ...] | torch.Size) -> str:
    return "×".join(map(str, shape)) or "a scalar"


def _shapes(inputs: tuple[torch.Tensor, ...]) -> str:
    return ", ".join(f"{str(i.dtype).removeprefix('torch.')} {_dims(i.shape)}" for i in inputs)
