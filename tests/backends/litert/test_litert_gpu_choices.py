"""Choices of places: GPUs refuse litert-torch's GATHER_ND, and take deploykit's GATHER."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from deploykit import vulkan
from deploykit.backends import BACKENDS, RUNNERS
from deploykit.backends.litert.graph import read_graph
from tests.backends.roads import go, subject

pytestmark = pytest.mark.skipif(vulkan.unavailable() is not None, reason=str(vulkan.unavailable()))

NAME = "choices along an axis as gathers"


class Chooses(nn.Module):
    """Columns by a table, as every window attention and every unpacking of boxes has it."""

    def __init__(self) -> None:
        super().__init__()
        self.before, self.after = nn.Linear(12, 12), nn.Linear(4, 4)
        self.register_buffer("places", torch.tensor([7, 0, -1, 3]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.after(self.before(x)[..., self.places])


def ops(file: Path) -> set[str]:
    return {op.op for op in read_graph(file).ops}


def test_the_gpu_takes_the_file_whole_and_computes_it_right(tmp_path: Path) -> None:
    network, x = Chooses().eval(), torch.randn(1, 6, 12, generator=torch.Generator().manual_seed(1))
    chosen = subject(network, x)
    bare = go(chosen, "litert", tmp_path / "bare", rewrites=())
    made = go(chosen, "litert", tmp_path / "made")
    assert made.used == (NAME,)
    assert "GATHER_ND" in ops(bare.file), "litert-torch makes gathers of choices now: the rewrite can go"
    assert "GATHER_ND" not in ops(made.file)
    on_cpu = {}
    for file in (bare.file, made.file):
        with RUNNERS["litert-gpu"].open(file, arithmetic="fp32") as gpu:
            (given,) = gpu.takes()
            (got,) = gpu.run({given.name: x.numpy()}).values()
            on_cpu[file] = gpu.residency().on_cpu
        np.testing.assert_allclose(got, network(x).detach().numpy(), atol=1e-5)
    assert on_cpu[made.file] == 0 < on_cpu[bare.file]


def test_every_road_to_litert_has_it() -> None:
    roads = [road for road in BACKENDS["litert"].roads if road.name.startswith("litert-torch")]
    assert all(NAME in road.rewrites for road in roads)
