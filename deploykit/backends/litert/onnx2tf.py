"""ExportedProgram → ONNX → `.tflite`, by onnx2tf in an environment of its own."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from pathlib import Path

import torch
from torch._decomp import get_decompositions

from deploykit.backends.base import LowerRequest
from deploykit.backends.litert import border
from deploykit.backends.litert.half import products_to_fp16, weights_to_fp16
from deploykit.backends.onnx.lower import from_dynamo
from deploykit.environments import ENVIRONMENTS
from deploykit.environments.make import ready
from deploykit.environments.run import Ran, run
from deploykit.errors import LoweringError, StoppedError

LIMIT_S = 600.0
"""Networks of the coverage list take 3 to 60 s on two busy cores. Its layout passes go round until nothing changes, so
there has to be an end."""

_RECURRENT = (
    torch.ops.aten.lstm.input,
    torch.ops.aten.gru.input,
    torch.ops.aten.rnn_tanh.input,
    torch.ops.aten.rnn_relu.input,
)
"""Unrolled in time before. onnx2tf would make TFLite's own LSTM of them, whose state lives in variable tensors: the
Interpreter starts a second run with the first one's state, and CompiledModel does not open the file."""


def from_onnx2tf(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    """The dynamo exporter's ONNX file, through onnx2tf's own FlatBuffer writer, which needs no TensorFlow.

    Raises:
        UnavailableError: if onnx2tf's environment cannot be made.
        LoweringError: if onnx2tf fails, with what it said, its file keeps a state, or there are several shapes.
        StoppedError: if it was stopped or killed.
    """
    if request.others:
        raise LoweringError("onnx2tf writes files of one signature, and the contract lists several sizes")
    programs = ready(ENVIRONMENTS["onnx2tf"])
    path = request.folder / f"{request.name}.tflite"
    with tempfile.TemporaryDirectory(prefix="onnx2tf-", dir=request.folder) as scratch:
        folder = Path(scratch)
        asked = replace(
            request, name="model", precision="fp32", folder=folder, signature=border.whole(request.signature)
        )
        source = from_dynamo(_unrolled(program), asked)
        border.flatten(source, request.signature)
        names = [tensor.name for tensor in request.signature.inputs]
        # Without -kat it turns inputs of rank 3 to 5 to channels last.
        arguments = ["-i", source.name, "-o", "out", "-tb", "flatbuffer_direct", "-v", "info", "-kat", *names]
        ran = run(programs, "onnx2tf", arguments, folder, LIMIT_S)
        print(ran.said, flush=True)
        made = folder / "out" / "model_float32.tflite"
        if ran.code != 0 or not made.exists():
            killed = ran.code is None or ran.code < 0
            raise (StoppedError if killed else LoweringError)(_why(ran))
        made.replace(path)
    border.settle(path, request.signature)
    if request.precision == "fp16":
        products_to_fp16(path)  # first: a file that the quantizer wrote takes a hundred times as long to write again
        weights_to_fp16(path)
    return path


def _unrolled(program: torch.export.ExportedProgram) -> torch.export.ExportedProgram:
    called = {node.target for node in program.graph.nodes}
    recurrent = [op for op in _RECURRENT if op in called]
    return program.run_decompositions(dict(get_decompositions(recurrent))) if recurrent else program


def _why(ran: Ran) -> str:
    if ran.code is None:
        return f"onnx2tf was stopped after {LIMIT_S:.0f} s"
    how = "wrote no file" if ran.code == 0 else f"ended with exit code {ran.code}"
    return f"onnx2tf {how}: {last_words(ran.said)}"


def last_words(said: str) -> str:
    """The last line that tells of a failure: an exception or an error; without colours."""
    lines = [line.strip() for line in re.sub(r"\x1b\[[0-9;]*m", "", said).splitlines() if line.strip()]
    telling = [line for line in lines if re.match(r"([\w.]*(Error|Exception)|ERROR):", line)]
    return (telling or lines or ["it said nothing"])[-1]
