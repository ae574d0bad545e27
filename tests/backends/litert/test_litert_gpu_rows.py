"""Rows of a constant: LiteRT's GPU engine gets them wrong without a word, and deploykit's file right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from deploykit import vulkan
from deploykit.backends import RUNNERS
from deploykit.backends.base import Runner
from deploykit.backends.litert.asked import ask, miscounted, misread
from deploykit.backends.litert.graph import read_graph
from deploykit.backends.litert.runner import LiteRtRunner
from deploykit.work.draws import save
from deploykit.work.gpu_fault import gpu_fault
from tests.backends.roads import go, subject

pytestmark = pytest.mark.skipif(vulkan.unavailable() is not None, reason=str(vulkan.unavailable()))


class Decoder(nn.Module):
    """Boxes by a table of anchors, as every detector of one shot has it."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("anchors", torch.rand(8, 4, generator=torch.Generator().manual_seed(0)) + 0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(x) * self.anchors + self.anchors


def one(runner: Runner, x: np.ndarray) -> np.ndarray:
    with runner:
        (taken,) = runner.takes()
        (made,) = runner.run({taken.name: x}).values()
    return made


def test_the_engine_takes_the_first_row_for_all_and_the_op_is_named(tmp_path: Path) -> None:
    """If this fails, the engine has been mended: the rewrite can go."""
    import litert_torch

    net, x = Decoder().eval(), torch.randn(8, 4, generator=torch.Generator().manual_seed(1))
    bare = tmp_path / "bare.tflite"
    litert_torch.convert(net, (x,)).export(str(bare))
    wanted = net(x).numpy()
    np.testing.assert_allclose(one(LiteRtRunner(bare), x.numpy()), wanted, rtol=1e-5)
    with RUNNERS["litert-gpu"].open(bare, arithmetic="fp32") as gpu:
        (taken,) = gpu.takes()
        (made,) = gpu.run({taken.name: x.numpy()}).values()
        assert gpu.residency().on_cpu == 0  # "fully accelerated"
    np.testing.assert_allclose(made[0], wanted[0], rtol=1e-5)
    assert np.abs(made - wanted).max() > 0.1
    (answer,) = (one for one in ask(bare, read_graph(bare)) if one.accelerator == "litert_gpu")
    assert "it takes 2 ops of a kind that it computes wrong: MUL" in answer.notes[0]
    save(tmp_path / "inputs.npz", {"random": {taken.name: x.numpy()[None]}})
    fault = gpu_fault(bare, tmp_path / "inputs.npz", "random", 60.0, {"arithmetic": "fp32"})
    assert fault is not None
    assert fault.op.op == "MUL"
    assert not fault.crash


def test_deploykit_s_file_is_right(tmp_path: Path) -> None:
    net, x = Decoder().eval(), torch.randn(8, 4, generator=torch.Generator().manual_seed(1))
    made = go(subject(net, x), "litert", tmp_path / "out")
    assert misread(read_graph(made.file)) == ()
    wanted = net(x).numpy()
    for options in ({"arithmetic": "fp32"}, {"arithmetic": "fp16"}):
        np.testing.assert_allclose(one(RUNNERS["litert-gpu"].open(made.file, **options), x.numpy()), wanted, rtol=1e-5)


class Pads(nn.Module):
    """Windows of a picture with room for a shift, as relative positions have it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.pad(x.relu().reshape(-1, 4, 5), (0, 2)) * 2


class Averages(nn.Module):
    """A picture made smaller for a later stage, as CGNet has it, and a curve made smooth."""

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return nn.functional.avg_pool2d(x, 3, 2, 1) * 2, nn.functional.avg_pool1d(x[:, :, 0], 5, 1, 2) * 2


def test_averages_over_padding(tmp_path: Path) -> None:
    """If the first file is right, the engine has been mended: the rewrite can go."""
    net, x = Averages().eval(), torch.rand(1, 4, 8, 10, generator=torch.Generator().manual_seed(1)) + 0.1
    wanted, off = [each.numpy() for each in net(x)], []
    for name, rewrites in (("bare", ()), ("made", None)):
        made = go(subject(net, x), "litert", tmp_path / name, rewrites=rewrites)
        wrong = ["AVERAGE_POOL_2D"] * 2 if name == "bare" else []
        graph = read_graph(made.file)
        assert [op.op for op in miscounted(graph)] == wrong
        (answer,) = (one for one in ask(made.file, graph) if one.accelerator == "litert_gpu")
        assert any("leaves the padding out of the count" in note for note in answer.notes) == (name == "bare")
        with RUNNERS["litert-gpu"].open(made.file, arithmetic="fp32") as gpu, LiteRtRunner(made.file) as cpu:
            (taken,) = gpu.takes()
            on_gpu, on_cpu = (list(runner.run({taken.name: x.numpy()}).values()) for runner in (gpu, cpu))
        off.append([float(np.abs(got - want).max()) for got, want in zip(on_gpu, wanted, strict=True)])
        assert all(np.abs(got - want).max() < 1e-5 for got, want in zip(on_cpu, wanted, strict=True))
    assert min(off[0]) > 0.1
    assert max(off[1]) < 1e-5


def test_rows_of_a_padded_tensor(tmp_path: Path) -> None:
    """If the first file is right, the engine has been mended: the rewrite can go."""
    net, x = Pads().eval(), torch.randn(1, 6, 4, 5, generator=torch.Generator().manual_seed(1))
    wanted, off = net(x).numpy(), []
    for name, rewrites in (("bare", ()), ("made", None)):
        made = go(subject(net, x), "litert", tmp_path / name, rewrites=rewrites)
        assert [op.op for op in misread(read_graph(made.file))] == (["PAD"] if name == "bare" else [])
        got = one(RUNNERS["litert-gpu"].open(made.file, arithmetic="fp32"), x.numpy())
        off.append(float(np.abs(got - wanted).max()))
    assert off[0] > 0.1
    assert off[1] < 1e-5
