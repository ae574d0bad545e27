"""ExportedProgram → `.mlpackage` (ML Program), by coremltools."""

from __future__ import annotations

import gc
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import coremltools as ct
import numpy as np
import torch
from coremltools.proto import Model_pb2
from torch.utils import _pytree as pytree

from deploykit.backends.base import LowerRequest
from deploykit.backends.coreml import aten as aten  # registers ops
from deploykit.backends.coreml import recurrent as recurrent  # registers layers
from deploykit.backends.coreml.decompositions import decompositions
from deploykit.backends.coreml.passes import pipeline
from deploykit.backends.coreml.reference.features import STATE_PREFIX
from deploykit.backends.coreml.shapes import TYPES, open_inputs
from deploykit.backends.coreml.stateful import Keeping, keeps_states, with_states, without_states
from deploykit.backends.origins import save_origins
from deploykit.errors import LoweringError
from deploykit.manifest import TensorSpec

PRECISIONS = {"fp32": ct.precision.FLOAT32, "fp16": ct.precision.FLOAT16}
NUMPY = {"float32": np.float32, "int32": np.int32, "bool": np.bool_}


def from_export(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    """The torch.export front end, of ops as whole as coremltools knows them.

    Inputs and outputs are float32 at the border at either precision.
    """
    program, request = _prepared(program, request)
    # coremltools knows ATen after functionalisation only: https://apple.github.io/coremltools/docs-guides/source/convert-pytorch-workflow.html
    return _from_decomposed(program, program.run_decompositions(decompositions()), request)


def from_decomposed_export(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    """The torch.export front end, of core ATen ops: layers of any kind are unrolled, composites are taken apart."""
    program, request = _prepared(program, request)
    core = program.run_decompositions().run_decompositions(decompositions())
    return _from_decomposed(program, core, request)


def from_trace(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    """The TorchScript front end, of a trace of the program. What it makes cannot be traced to lines of the model.

    Raises:
        LoweringError: if a size is known at run time only: a trace is of one size.
    """
    if request.signature.is_open:
        raise LoweringError("a trace is of one size, and the contract leaves sizes open")
    args, kwargs = program.example_inputs
    module: torch.nn.Module = _Positional(program, list(kwargs))
    states: dict[str, Any] = {}
    if keeps_states(request):
        module = Keeping(program.module(check_guards=False), request.states, kwargs, in_parts=True)
        kwargs = {name: kwargs[name] for name in module.given}
        states = {"states": [_state(tensor) for tensor in request.signature.inputs if tensor.name in request.states]}
        request = without_states(request)
    traced = torch.jit.trace(module, (*args, *kwargs.values()), check_trace=False)  # type: ignore[no-untyped-call]  # torch gives it no types
    inputs = [
        ct.TensorType(name=given.name, shape=given.fixed, dtype=TYPES[given.dtype])
        for given in request.signature.inputs
    ]
    return _convert(traced, request, inputs=inputs, **states)


def _state(tensor: TensorSpec) -> Any:
    return ct.StateType(wrapped_type=ct.TensorType(shape=tensor.fixed, dtype=np.float16), name=tensor.name)


def _prepared(
    program: torch.export.ExportedProgram, request: LowerRequest
) -> tuple[torch.export.ExportedProgram, LowerRequest]:
    """Program and border as they are converted: without the states that the file is to keep."""
    return (with_states(program, request), without_states(request)) if keeps_states(request) else (program, request)


class _Positional(torch.nn.Module):
    """A program that takes its inputs in order, and gives a tuple: what TorchScript can trace."""

    def __init__(self, program: torch.export.ExportedProgram, names: list[str]) -> None:
        super().__init__()
        self.program, self.names = program.module(check_guards=False), names

    def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        count = len(tensors) - len(self.names)
        given = self.program(*tensors[:count], **dict(zip(self.names, tensors[count:], strict=True)))
        return tuple(pytree.tree_leaves(given))


def _from_decomposed(
    program: torch.export.ExportedProgram, decomposed: torch.export.ExportedProgram, request: LowerRequest
) -> Path:
    save_origins(program, decomposed, request.source, request.folder)
    return _convert(decomposed, request, **({"inputs": open_inputs(request)} if request.signature.is_open else {}))


def _convert(model: Any, request: LowerRequest, **options: Any) -> Path:
    with out_of_sight():
        package = ct.convert(
            model,
            outputs=[ct.TensorType(name=o.name, dtype=NUMPY.get(o.dtype)) for o in request.signature.outputs],
            minimum_deployment_target=getattr(ct.target, f"iOS{request.options['min_os'].split('.')[0]}"),
            compute_precision=_precision(request),
            convert_to="mlprogram",
            pass_pipeline=pipeline(),
            skip_model_load=True,
            **options,
        )
    package.version = request.version
    if request.license is not None:
        package.license = request.license
    if keeps_states(request):
        package.user_defined_metadata.update({STATE_PREFIX + name: output for name, output in request.states.items()})
    path = request.folder / f"{request.name}.mlpackage"
    save(package, path, f"{request.name}, {request.precision}")
    return path


def save(package: Any, path: Path, what: str) -> None:
    """Writes a package, the same bytes each time.

    Args:
        package: coremltools' model.
        path: of the `.mlpackage`.
        what: name and precision.
    """
    package.short_description = f"{what}. Made by deploykit."
    package.save(str(path))
    _make_reproducible(path)


def _precision(request: LowerRequest) -> Any:
    """Of all ops; or of all but those that give or take what fp16 cannot hold."""
    if not request.islands:
        return PRECISIONS[request.precision]
    islands = set(request.islands)

    def fits(op: Any) -> bool:
        taken = (
            each for given in op.inputs.values() for each in (given if isinstance(given, list | tuple) else [given])
        )
        return not islands & {tensor.name for tensor in (*taken, *op.outputs)}

    return ct.transform.FP16ComputePrecision(op_selector=fits)


@contextmanager
def out_of_sight() -> Iterator[None]:
    """Keeps what is in memory from the garbage collector: coremltools has it look at all of torch again and again."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _make_reproducible(package: Path) -> None:
    """Rewrites what differs from run to run: the same model has to give the same bytes.

    coremltools writes the date, random UUIDs and maps in hash order. It also leaves a map for ExecuTorch's debugger,
    which the package's own manifest does not list and no app needs.
    """
    (package / "executorch_debug_handle_mapping.json").unlink(missing_ok=True)
    manifest = json.loads((package / "Manifest.json").read_text())
    entries = manifest["itemInfoEntries"]
    renamed = {key: str(uuid.uuid5(uuid.NAMESPACE_URL, entry["path"])).upper() for key, entry in entries.items()}
    manifest["itemInfoEntries"] = {renamed[key]: entries[key] for key in sorted(entries, key=renamed.__getitem__)}
    manifest["rootModelIdentifier"] = renamed[manifest["rootModelIdentifier"]]
    (package / "Manifest.json").write_text(json.dumps(manifest, indent=4, sort_keys=True) + "\n")
    file = package / "Data" / "com.apple.CoreML" / "model.mlmodel"
    spec = Model_pb2.Model.FromString(file.read_bytes())
    spec.description.metadata.userDefined.pop("com.github.apple.coremltools.conversion_date", None)
    file.write_bytes(spec.SerializeToString(deterministic=True))
