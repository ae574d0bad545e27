"""Multiply-adds, of files that real converters wrote: against torch's own counter, and against the literature."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.coreml_reference.subject import subject_of
from deploykit.accelerators.macs import macs
from deploykit.backends import BACKENDS
from deploykit.prepare.rewriting import rewrite

FORMATS = ("onnx", "coreml", "litert")


class Mixed(nn.Module):
    """One of everything that multiplies."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 2, 1)
        self.deep = nn.Conv2d(8, 8, 5, padding=2, groups=8)
        self.groups = nn.Conv2d(8, 12, 3, padding=1, groups=4)
        self.up = nn.ConvTranspose2d(12, 6, 2, 2)
        self.key = nn.Linear(6, 5)
        self.query = nn.Linear(6, 5)
        self.head = nn.Linear(6, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.up(torch.relu(self.groups(self.deep(self.stem(x)))))
        tokens = x.flatten(2).transpose(1, 2)
        near = torch.softmax(self.query(tokens) @ self.key(tokens).transpose(1, 2), -1)
        return self.head(near @ tokens)


def counted(network: nn.Module, example: torch.Tensor) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(example)
    return counter.get_total_flops() // 2


def lowered(network: nn.Module, example: torch.Tensor, backend: str, folder: Path) -> int:
    torch.manual_seed(0)
    subject = subject_of("net", network.eval(), (example,))
    entry = BACKENDS[backend].roads[0]
    program, _ = rewrite(subject.program, entry.rewrites)
    graph = BACKENDS[backend].read_graph(entry.function(program, subject.request("fp32", folder)))
    return sum(macs(backend, op) for op in graph.ops)


@pytest.mark.parametrize("backend", FORMATS)
def test_a_network_of_everything(backend: str, tmp_path: Path) -> None:
    network, example = Mixed(), torch.randn(1, 3, 16, 16)
    assert lowered(network, example, backend, tmp_path / "out") == counted(network, example)


def test_mobilenet_v2_has_300_million(tmp_path: Path) -> None:
    """https://arxiv.org/abs/1801.04381, table 4: 300 M."""
    network, example = torchvision.models.mobilenet_v2(), torch.randn(1, 3, 224, 224)
    found = lowered(network, example, "onnx", tmp_path / "out")
    assert found == counted(network.eval(), example) == 300_774_272
