"""Network + contract → checked example inputs → ExportedProgram."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from deploykit.capture.dimensions import Watch, check_open, open_sizes, symbolic_outputs
from deploykit.capture.sources import explain
from deploykit.dynamic import without_guards
from deploykit.errors import CaptureError
from deploykit.manifest import Signature, TensorSpec
from deploykit.sizes import Shape
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
        if len(example.shape) != len(spec.network_shape)
        or any(
            isinstance(size, int) and size != given
            for size, given in zip(spec.network_shape[1:], example.shape[1:], strict=True)
        )
    ]
    if wrong:
        raise CaptureError("\n".join(wrong))


def check_meanings(contract: Contract, outputs: dict[str, torch.Tensor]) -> None:
    """Looks whether every output has the shape of what the contract says it means.

    Raises:
        CaptureError: naming each that has not, with what it would have to be.
    """
    labels = len(contract.labels)
    problems = []
    for name, spec in contract.outputs.items():
        shape, wanted = outputs[name].shape, ""
        if spec.type == "scores" and (len(shape) != 2 or shape[-1] != labels):
            wanted = f"but there are {labels} labels; it has to be 1×{labels}: one score a label"
        elif spec.type == "boxes":
            wide = 4 if spec.scores else 4 + labels
            others = "" if spec.scores else f" and the scores of {labels} labels"
            if len(shape) != 3 or wide not in shape[1:]:
                wanted = f"but boxes are 1×n×{wide} or 1×{wide}×n: four numbers{others}"
            elif spec.scores and (len(of := outputs[spec.scores].shape) != 3 or labels not in of[1:]):
                wanted = f"and its scores {spec.scores} are {_dims(of)}; they have to be 1×n×{labels} or 1×{labels}×n"
        elif spec.type == "picture" and len(shape) != 4:
            wanted = f"but a picture has four dimensions, {spec.layout}"
        elif spec.type == "keypoints" and (len(shape) != 4 if spec.form == "heatmaps" else shape[-1] < 2):
            wanted = f"but {spec.form} are " + ("1×points×h×w" if spec.form == "heatmaps" else "rows of x and y")
        elif (
            spec.type == "class-map" and outputs[name].is_floating_point() and not -len(shape) <= spec.axis < len(shape)
        ):
            wanted = f"and has no axis {spec.axis} along which the labels' scores could stand"
        problems += [f"output {name} is {_dims(shape)}, {wanted}"] if wanted else []
    if problems:
        raise CaptureError("\n".join(problems))


def export(
    module: nn.Module, inputs: dict[str, torch.Tensor], root: Path, contract: Contract | None = None
) -> torch.export.ExportedProgram:
    """Captures a module that takes tensors by name.

    Args:
        module: takes the inputs as keyword arguments.
        inputs: an example.
        root: of the user's project: lines are told relative to it.
        contract: says which sizes are known at run time only; None where all stay as they are.

    Raises:
        CaptureError: if torch.export refuses the model, with its reason and the line of the model; if a size that the
            contract leaves open cannot change in the model, with the dimension's name and a remedy.
    """
    if contract is None or not contract.dims:
        return _export(module, inputs, root, None)
    with Watch(contract, root) as watch:
        try:
            program = _export(module, inputs, root, open_sizes(contract))
        except CaptureError as error:
            raise watch.explained(error) from error.__cause__
    check_open(program, contract, watch)
    return without_guards(program)


def _export(
    module: nn.Module, inputs: dict[str, torch.Tensor], root: Path, open_: dict[str, object] | None
) -> torch.export.ExportedProgram:
    try:
        with torch.no_grad():
            return torch.export.export(module, args=(), kwargs=inputs, dynamic_shapes=open_, strict=False)
    except Exception as error:
        first = explain(error, root).strip().splitlines()
        remedy = DATA_DEPENDENT if "data-dependent" in str(error) else ""
        raise CaptureError(
            f"torch.export refuses the model: {first[0]}\n  {first[-1] if len(first) > 1 else ''}".rstrip() + remedy
        ) from error


def check_states(contract: Contract, inputs: dict[str, torch.Tensor], outputs: dict[str, torch.Tensor]) -> None:
    """Compares each state with the output that the next call is given in its place.

    Raises:
        CaptureError: naming every state whose shape or type differs, with both.
    """
    wrong = [
        f"the state {name} is {_tensor(inputs[name])}, the output {output} that the next call gets there is "
        f"{_tensor(outputs[output])}; they have to be the same"
        for name, output in contract.states.items()
        if inputs[name].shape != outputs[output].shape or not _carried(inputs[name].dtype, outputs[output].dtype)
    ]
    if wrong:
        raise CaptureError("\n".join(wrong))


def _carried(taken: torch.dtype, given: torch.dtype) -> bool:
    """An int64 input is int32 at the border."""
    return taken == given or (taken == torch.int32 and given == torch.int64)


def signature(
    inputs: dict[str, torch.Tensor],
    outputs: dict[str, torch.Tensor],
    contract: Contract | None = None,
    program: torch.export.ExportedProgram | None = None,
) -> Signature:
    """Names, dtypes and shapes at the artifact's border.

    Args:
        inputs: an example.
        outputs: what the network gave for it.
        contract: names the sizes that are known at run time only, if there are any.
        program: tells how the outputs' sizes follow from those.
    """
    if contract is None or program is None or not contract.dims:
        return Signature(inputs=_specs(inputs, {}), outputs=_specs(outputs, {}))
    shapes = {name: spec.shape for name, spec in contract.inputs.items()}
    return Signature(inputs=_specs(inputs, shapes), outputs=_specs(outputs, symbolic_outputs(program, contract)))


def _specs(tensors: dict[str, torch.Tensor], shapes: Mapping[str, Shape]) -> tuple[TensorSpec, ...]:
    return tuple(
        TensorSpec.model_validate(
            {"name": n, "dtype": str(t.dtype).removeprefix("torch."), "shape": shapes.get(n, tuple(t.shape))}
        )
        for n, t in tensors.items()
    )


def _tensor(value: torch.Tensor) -> str:
    return f"{str(value.dtype).removeprefix('torch.')} {_dims(value.shape)}"


def _dims(shape: Shape | torch.Size) -> str:
    return "×".join(map(str, shape)) or "a scalar"


def _shapes(inputs: tuple[torch.Tensor, ...]) -> str:
    return ", ".join(map(_tensor, inputs))
