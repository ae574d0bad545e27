"""ExportedProgram → `.onnx`, by torch's exporters; optimised by onnxslim; fp16 by onnxconverter-common."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Self

import onnx
import onnxslim
import torch
from torch.utils import _pytree as pytree

from deploykit.backends.base import LowerRequest
from deploykit.backends.onnx.half import to_fp16
from deploykit.backends.onnx.names import rename
from deploykit.backends.origins import line_in, write_origins
from deploykit.errors import LoweringError
from deploykit.manifest import Signature

_PRIVATE = "deploykit_"
_TRACE = "pkg.torch.onnx.stack_trace"

OPSET = 18
"""Known by every ONNX Runtime since 1.14: https://onnxruntime.ai/docs/reference/compatibility.html"""


def from_dynamo(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    """The dynamo exporter, which takes an ExportedProgram as it is."""
    return _finish(_export(program, request), request)


def from_dynamo_decomposed(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    """The dynamo exporter, after the decomposition to core ATen: fewer ops for it to know."""
    return _finish(_export(program.run_decompositions(), request), request)


def from_torchscript(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    """The older exporter, which traces the program anew and has a lowering of its own for each op.

    Raises:
        LoweringError: if a size is known at run time only: a trace is of one size.
    """
    if request.signature.is_open:
        raise LoweringError("a trace is of one size, and the contract leaves sizes open")
    args, kwargs = program.example_inputs
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it goes one day; until then it knows some ops better
        torch.onnx.export(
            _Positional(program.module(check_guards=False), list(kwargs)),
            (*args, *kwargs.values()),
            file,  # type: ignore[arg-type]  # an open file will do as well, which the signature does not tell
            dynamo=False,
            opset_version=OPSET,
            input_names=[i.name for i in request.signature.inputs],
            output_names=[_PRIVATE + o.name for o in request.signature.outputs],
        )
    return _finish(onnx.load_model_from_string(file.getvalue()), request)


class _Positional(torch.nn.Module):
    """A program whose inputs are given by position, as a trace wants them."""

    def __init__(self, module: torch.nn.Module, names: list[str]) -> None:
        super().__init__()
        self.module, self.names = module, names

    def train(self, mode: bool = True) -> Self:
        """A program is in eval mode for good, and refuses to be told."""
        return self

    def forward(self, *args: torch.Tensor) -> tuple[torch.Tensor, ...]:
        plain = len(args) - len(self.names)
        outputs = self.module(*args[:plain], **dict(zip(self.names, args[plain:], strict=True)))
        return tuple(pytree.tree_leaves(outputs))


def _export(program: torch.export.ExportedProgram, request: LowerRequest) -> onnx.ModelProto:
    exported = torch.onnx.export(
        program,
        dynamo=True,
        opset_version=OPSET,
        input_names=[i.name for i in request.signature.inputs],
        output_names=[_PRIVATE + o.name for o in request.signature.outputs],
        verbose=False,
    )
    if exported is None:
        raise RuntimeError("torch.onnx.export gave nothing back")
    model: onnx.ModelProto = exported.model_proto
    write_origins(_origins(model, request.source), request.folder)
    return model


def _origins(model: onnx.ModelProto, root: Path) -> dict[str, str]:
    """What the exporter says of each node's line and module, by the values that it gives; the file keeps none of it."""
    found: dict[str, str] = {}
    for node in model.graph.node:
        said = {entry.key: entry.value for entry in node.metadata_props}
        if line := line_in(said.get(_TRACE, ""), root):
            found |= dict.fromkeys(node.output, line)
    return found


def _finish(model: onnx.ModelProto, request: LowerRequest) -> Path:
    """Optimises, converts to fp16 if asked for, gives the outputs their names, checks and saves."""
    _drop_traces(model)
    model = onnxslim.slim(model)
    if request.precision == "fp16":
        model = to_fp16(model, _islands(model, request))
    _name_outputs(model.graph, [o.name for o in request.signature.outputs])
    _name_sizes(model.graph, request.signature)
    _drop_traces(model)
    onnx.checker.check_model(model, full_check=True)
    path = request.folder / f"{request.name}.onnx"
    path.write_bytes(model.SerializeToString(deterministic=True))
    return path


def _islands(model: onnx.ModelProto, request: LowerRequest) -> list[str]:
    """The nodes that give or take what fp16 cannot hold; outputs have their private names still."""
    islands = {*request.islands, *(_PRIVATE + name for name in request.islands)}
    return [node.name for node in model.graph.node if islands & {*node.input, *node.output}]


def _name_outputs(graph: onnx.GraphProto, names: list[str]) -> None:
    """Gives the outputs the contract's names, and whatever in the graph has one of these another one.

    The exporter calls values after ops, so an output called `mean` clashes with the result of a mean, and it refuses.
    """
    inputs = {i.name for i in graph.input}
    taken = {name for node in graph.node for name in node.output} | {i.name for i in graph.initializer}
    others = {name: f"{_PRIVATE}inner_{name}" for name in names if name in taken - inputs}
    rename(graph, others | {_PRIVATE + name: name for name in names})


def _name_sizes(graph: onnx.GraphProto, signature: Signature) -> None:
    """Gives the border's open sizes the contract's words: the exporters have words of their own.

    What a runtime thinks of the sizes inside is its own affair: what is said of them there goes.
    """
    if not signature.is_open:
        return
    wanted = {tensor.name: tensor.shape for tensor in (*signature.inputs, *signature.outputs)}
    for value in (*graph.input, *graph.output):
        for size, word in zip(value.type.tensor_type.shape.dim, wanted.get(value.name, ()), strict=False):
            if isinstance(word, str) and not size.HasField("dim_value"):
                size.dim_param = word
    del graph.value_info[:]


def _drop_traces(model: onnx.ModelProto) -> None:
    """The exporter leaves the author's stack traces, absolute paths and all, in every node."""
    graphs = [model.graph, *model.functions]
    del model.metadata_props[:]
    for graph in graphs:
        del graph.metadata_props[:]
        for node in graph.node:
            del node.metadata_props[:]
            node.doc_string = ""
        for value in (*getattr(graph, "value_info", ()), *getattr(graph, "input", ()), *getattr(graph, "output", ())):
            if isinstance(value, onnx.ValueInfoProto):
                del value.metadata_props[:]
    for tensor in model.graph.initializer:
        del tensor.metadata_props[:]
