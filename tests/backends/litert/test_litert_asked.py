"""What LiteRT itself says of a file: its partitions on this host, the words of its GPU accelerator, its analyzer."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from deploykit.accelerators.analysis import analyse
from deploykit.backends.litert import analyzer, asked
from deploykit.backends.litert.gpu_log import WHOLE
from deploykit.backends.litert.graph import read_graph
from deploykit.errors import ArtifactError, UnsupportedOpsError
from deploykit.opgraph import Graph, RawOp, Tensor, graph_of
from tests.backends.roads import go, subject
from tests.conftest import ROOT

DIGITS = ROOT / "sample_apps/digits/android/digits/src/main/assets/ai.deploykit.samples.digits/model.tflite"


def row(*ops: str) -> Graph:
    """Ops one after another, with tensors of rank 4, numbered as in a file."""
    raw, given = [], Tensor("0 in", "float32", (1, 4, 4, 4))
    for number, name in enumerate(ops, 1):
        made = Tensor(f"{number} t{number}", "float32", (1, 4, 4, 4))
        raw.append(RawOp(name, (given,), (made,)))
        given = made
    return graph_of("litert", raw, ["0 in"])


SAID = """INFO: a line of chatter
ERROR: Following operations are not supported by GPU delegate:
GATHER_ND: Operation is not supported.
RESHAPE: Tensor "t3" has bad input dims size: 6.
SLICE: Slicing is unsupported for input with rank > 4
2 operations will run on the GPU, and the remaining 4 operations will run on the CPU.
in part
"""


def test_the_words_of_the_gpu_accelerator() -> None:
    graph = row("ADD", "RESHAPE", "RESHAPE", "RESHAPE", "GATHER_ND", "SLICE")
    answer = asked.heard(graph, SAID)
    assert [v.kind for v in answer.verdicts] == ["taken", "taken", "not taken", "not taken", "not taken", "unknown"]
    assert answer.verdicts[2].reason == "has bad input dims size: 6"
    assert (answer.counted, answer.evidence) == (2, "measured")
    assert {v.kind for v in asked.heard(graph, WHOLE).verdicts} == {"taken"}


def test_words_that_are_not_understood_are_kept_and_mean_nothing() -> None:
    answer = asked.heard(row("ADD"), "I0000 chatter at 1795294463.748269\nsomething new at 0x55ab in /tmp/x/y.cc\n")
    assert [v.kind for v in answer.verdicts] == ["unknown"]
    assert "something new at  in y.cc" in answer.notes


WARNED = """Subgraph#0 main(T#0) -> [T#3]
  Op#0 ADD(T#0) -> [T#1]
  Op#1 GATHER_ND(T#1) -> [T#2]
GPU COMPATIBILITY WARNING: Not supported op GATHER_ND
  Op#2 ADD(T#2) -> [T#3]

GPU COMPATIBILITY WARNING: Subgraph#0 has GPU delegate compatibility issues at nodes 1 on TFLite runtime version 2.19.0
"""


def test_the_analyzer_s_words() -> None:
    graph = row("ADD", "GATHER_ND", "ADD")
    answer = analyzer.heard(graph, WARNED)
    assert [(v.kind, v.reason) for v in answer.verdicts] == [
        ("taken", ""),
        ("not taken", "Not supported op GATHER_ND"),
        ("taken", ""),
    ]
    assert answer.evidence == "vendor's tool"
    odd = analyzer.heard(graph, "GPU COMPATIBILITY WARNING: the moon is full\n")
    assert {v.kind for v in odd.verdicts} == {"unknown"}
    assert odd.notes == ("GPU COMPATIBILITY WARNING: the moon is full",)


def test_the_installed_analyzer_praises_everything() -> None:
    """If this fails, ai-edge-litert's analyzer can refuse again: good news, and docs/accelerators.md has to say so."""
    assert not analyzer.can_refuse()
    assert analyzer.ask(DIGITS, read_graph(DIGITS)) is None


class Choice(nn.Module):
    """A choice of channels in the middle, and a running sum: what a GPU refuses, and what XNNPACK refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
        self.register_buffer("order", torch.tensor([3, 1, 0, 2, 7, 5, 6, 4]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cumsum(self.last(self.first(x)[:, self.order]), 1)


@pytest.fixture(scope="module")
def choice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """litert-torch's own file, with a GATHER_ND."""
    folder = tmp_path_factory.mktemp("choice") / "out"
    return go(subject(Choice(), torch.randn(1, 3, 16, 16)), "litert", folder, rewrites=()).file


def test_xnnpack_s_parts_are_measured(choice: Path) -> None:
    graph = read_graph(choice)
    answers = {answer.accelerator: answer for answer in asked.ask(choice, graph)}
    answer = answers["tflite_xnnpack"]
    left = {op.op for op, verdict in zip(graph.ops, answer.verdicts, strict=True) if verdict.kind != "taken"}
    assert "CUMSUM" in left
    assert "CONV_2D" not in left


def test_where_the_gpu_can_be_asked_the_table_says_the_same(choice: Path) -> None:
    graph = read_graph(choice)
    answers = asked.ask(choice, graph)
    if not any(answer.accelerator == "litert_gpu" for answer in answers):
        pytest.skip("LiteRT's GPU accelerator finds no Vulkan driver here; Debian's chromium package has one")
    told, measured = (
        next(one for one in analyse(graph, given).accelerators if one.name == "litert_gpu") for given in ((), answers)
    )
    assert measured.evidence == "measured"
    assert measured.verdicts == told.verdicts
    assert not [note for note in measured.notes if "it says itself" in note]
    assert 0 < measured.macs_share < 1 if measured.macs_share is not None else False


def test_custom_ops_and_no_model_at_all_are_told(tmp_path: Path) -> None:
    custom = tmp_path / "custom.tflite"
    custom.write_bytes(analyzer._custom())
    with pytest.raises(UnsupportedOpsError, match=r"custom\.tflite .*deploykit\.NoGpuHasThis"):
        read_graph(custom)
    damaged = tmp_path / "damaged.tflite"
    damaged.write_bytes(DIGITS.read_bytes()[:5000])
    with pytest.raises(ArtifactError, match="no TFLite model"):
        read_graph(damaged)
