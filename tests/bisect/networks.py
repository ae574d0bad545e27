"""Networks whose lines the tests of bisect look for, and files of theirs, right and damaged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from ai_edge_litert.tools import flatbuffer_utils
from coremltools.proto import Model_pb2
from torch import nn

from benchmarks.coreml_reference.subject import Subject, each
from deploykit.backends import BACKENDS
from deploykit.backends.base import Tensors
from deploykit.bisect.border import Border, border_of
from deploykit.bisect.look import Looked, look
from deploykit.prepare.rewriting import rewrite
from tests.backends.roads import subject
from tests.conftest import ROOT


class Plain(nn.Module):
    """Every converter gets it right."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.second, self.head = nn.Conv2d(8, 6, 3, stride=2), nn.Linear(6, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.leaky_relu(self.norm(self.first(x)), 0.2)
        x = self.second(x)
        return self.head(x.sigmoid().mean((2, 3)))


class Resized(nn.Module):
    """litert-torch resizes it wrongly."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(x).tanh()
        y = F.interpolate(x, size=(7, 7), mode="nearest")
        return (y * y.abs()).mean((2, 3))


class OneKey(nn.Module):
    """litert-torch transposes the one key wrongly, if it is expanded; each op alone is right."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(8, 32), nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        query = self.query(x).unflatten(2, (4, 8)).transpose(1, 2)
        key = self.key(x).unsqueeze(1)
        shared = key.expand(-1, 4, -1, -1)
        return F.scaled_dot_product_attention(query, shared, shared).relu()


class Doubled(nn.Module):
    """coremltools ignores the factor."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(8, 8), nn.Linear(8, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.add(x, self.first(x).tanh(), alpha=2)
        return self.last(x)


class Divided(nn.Module):
    """The dynamo exporter ignores the divisor."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.avg_pool2d(self.first(x), 2, divisor_override=3)
        return self.last(x)


def line(text: str) -> int:
    """Where a text stands in this file for the first time."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(number for number, each in enumerate(lines, start=1) if text in each)


@dataclass(frozen=True)
class Made:
    """A network and a file of it."""

    subject: Subject
    backend: str
    file: Path
    folder: Path

    @property
    def border(self) -> Border:
        return border_of(self.file.name, self.subject.signature, BACKENDS[self.backend].read_interface(self.file))

    @property
    def given(self) -> Tensors:
        return each(self.subject.inputs)[0]

    def look(self) -> Looked:
        """The file beside the program that it was made from."""
        torch.export.save(self.subject.program, self.folder / "program.pt2")
        moved = {name: value * np.float32(1 + 1e-7) for name, value in self.given.items()}
        program = self.folder / "program.pt2"
        return look(program, self.backend, self.file, self.border, self.given, moved, ROOT, self.folder)


def made(network: nn.Module, backend: str, folder: Path, *examples: torch.Tensor) -> Made:
    """A file by the backend's first road, without rewrites."""
    torch.manual_seed(0)
    captured = subject(network, *(examples or (torch.randn(1, 3, 9, 9),)))
    program, _ = rewrite(captured.program, ())
    file = BACKENDS[backend].roads[0].function(program, captured.request("fp32", folder / "file"))
    return Made(captured, backend, file, folder)


def _damage_onnx(file: Path) -> None:
    model = onnx.load(file)
    (node,) = (node for node in model.graph.node if node.op_type == "LeakyRelu")
    node.attribute[0].f = 0.25
    onnx.save(model, file)


def _damage_tflite(file: Path) -> None:
    model = flatbuffer_utils.read_model(str(file))
    graph = model.subgraphs[0]
    convolutions = [op for op in graph.operators if len(op.inputs) == 3 and len(graph.tensors[op.inputs[1]].shape) == 4]
    buffer = model.buffers[graph.tensors[convolutions[1].inputs[1]].buffer]
    weights = np.frombuffer(bytes(buffer.data), np.float32) * 1.5
    buffer.data = np.frombuffer(weights.astype(np.float32).tobytes(), np.uint8)
    flatbuffer_utils.write_model(model, str(file))


def _damage_mlpackage(file: Path) -> None:
    path = file / "Data" / "com.apple.CoreML" / "model.mlmodel"
    spec = Model_pb2.Model.FromString(path.read_bytes())
    (block,) = spec.mlProgram.functions["main"].block_specializations.values()
    (leaky,) = (op for op in block.operations if op.type == "leaky_relu")
    name = leaky.inputs["alpha"].arguments[0].name
    (constant,) = (op for op in block.operations if op.type == "const" and op.outputs[0].name == name)
    constant.attributes["val"].immediateValue.tensor.floats.values[0] = 0.25
    path.write_bytes(spec.SerializeToString())


DAMAGES: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "coreml": (_damage_mlpackage, "aten.leaky_relu.default", "x = F.leaky_relu("),
    "litert": (_damage_tflite, "aten.conv2d.default", "x = self.second("),
    "onnx": (_damage_onnx, "aten.leaky_relu.default", "x = F.leaky_relu("),
}
"""Backend → what spoils a file of `Plain`, the op that is wrong then, and its line."""


def plain() -> tuple[nn.Module, tuple[torch.Tensor, ...]]:
    """An entry: PyTorch's own initial weights, seeded by whoever loads it."""
    return Plain().eval(), (torch.randn(1, 3, 9, 9),)


def divided() -> tuple[nn.Module, tuple[torch.Tensor, ...]]:
    """An entry."""
    return Divided().eval(), (torch.randn(1, 3, 9, 9),)


def plain_file(folder: Path) -> Path:
    """What anyone would export of `plain`, with names of its own."""
    torch.manual_seed(0)
    network, inputs = plain()
    file = folder / "plain.onnx"
    program = torch.onnx.export(network, inputs, dynamo=True, verbose=False, input_names=["theirs"])
    assert program is not None
    program.save(str(file))
    return file


def doubled() -> tuple[nn.Module, tuple[torch.Tensor, ...]]:
    """An entry."""
    return Doubled().eval(), (torch.randn(1, 8),)


def one_key() -> tuple[nn.Module, tuple[torch.Tensor, ...]]:
    """An entry."""
    return OneKey().eval(), (torch.randn(1, 8, 8),)


def bessel() -> tuple[nn.Module, tuple[torch.Tensor, ...]]:
    """An entry that no converter takes."""

    class Bessel(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.special.bessel_j0(x)

    return Bessel().eval(), (torch.randn(1, 8),)
